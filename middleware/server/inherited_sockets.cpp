#include "middleware/server/inherited_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ops::middleware {
namespace {

constexpr int first_descriptor = 3;
constexpr int most_descriptors = 1024;

std::optional<long> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  long number = 0;
  const auto [end, failure] = std::from_chars(digits.begin(), digits.end(), number);
  if (failure != std::errc() || end != digits.end()) return std::nullopt;
  return number;
}

bool is_listening(int socket) {
  int listening = 0;
  socklen_t length = sizeof listening;
  return ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 &&
         listening == 1;
}

Error unusable(std::string_view why) {
  return Error{"cannot use the sockets of LISTEN_FDS: " + std::string(why) +
               "; start the program by server-runner --listen, or unset LISTEN_FDS"};
}

}  // namespace

Result<std::vector<base::UniqueFd>> take_inherited_sockets() {
  std::vector<base::UniqueFd> sockets;
  if (number_in("LISTEN_PID") != ::getpid()) return sockets;
  const auto count = number_in("LISTEN_FDS");
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  if (!count || *count < 1 || *count > most_descriptors) {
    return unusable("it is not a number from 1 to 1024");
  }
  for (int fd = first_descriptor; fd < first_descriptor + *count; ++fd) {
    if (!is_listening(fd)) {
      return unusable("descriptor " + std::to_string(fd) + " is not a listening socket");
    }
    sockets.emplace_back(fd);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  return sockets;
}

}  // namespace ops::middleware
