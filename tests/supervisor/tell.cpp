// tell MESSAGE: says it on NOTIFY_SOCKET, as an app does.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

int main(int argc, char** argv) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (argc != 2 || path == nullptr || std::strlen(path) >= sizeof address.sun_path) return 2;
  address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  std::memcpy(address.sun_path, path, size);
  // An abstract address is written with an '@' and ends with its length.
  if (*path == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  const std::string_view message = argv[1];
  const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const ssize_t sent = ::sendto(sender, message.data(), message.size(), 0,
                                reinterpret_cast<const sockaddr*>(&address), length);
  return sent == static_cast<ssize_t>(message.size()) ? 0 : 1;
}
