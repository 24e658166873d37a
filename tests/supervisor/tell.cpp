// tell MESSAGE: says it on NOTIFY_SOCKET, as an app does.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

int main(int argc, char** argv) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (argc != 2 || path == nullptr || std::strlen(path) >= sizeof address.sun_path) return 2;
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path);
  const std::string_view message = argv[1];
  const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const ssize_t sent = ::sendto(sender, message.data(), message.size(), 0,
                                reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return sent == static_cast<ssize_t>(message.size()) ? 0 : 1;
}
