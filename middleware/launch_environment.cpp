#include "middleware/launch_environment.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/unique_fd.hpp"

namespace ops::middleware {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

int restart_code_from(std::string_view text) {
  constexpr int usual = 99;
  int code = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), code);
  const bool valid = failure == std::errc() && end == text.end() && code >= 1 && code <= 255;
  return valid ? code : usual;
}

}  // namespace

LaunchEnvironment read_launch_environment() {
  return {.releases = variable("OPS_RELEASES"),
          .release = variable("OPS_RELEASE"),
          .notify_socket = variable("NOTIFY_SOCKET"),
          .restart_code = restart_code_from(variable("OPS_RESTART_CODE"))};
}

void notify_supervisor(const std::string& socket, const std::string& message) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || socket.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (socket.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace ops::middleware
