#include "supervisor/inherited_sockets.hpp"

#include <fcntl.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace ops::supervisor {
namespace {

constexpr int most_descriptors = 1024;

std::optional<std::string_view> value_of(std::string_view name,
                                         const std::vector<std::string>& environment) {
  for (const std::string_view entry : environment) {
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return entry.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

std::optional<long> parse_number(std::string_view text) {
  long number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> parts;
  for (;;) {
    const auto colon = names.find(':');
    parts.emplace_back(names.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    names.remove_prefix(colon + 1);
  }
}

Error not_usable(const std::string& why) {
  return Error{"cannot take over the descriptors of LISTEN_FDS: " + why +
               "; unset LISTEN_FDS where none were meant for this process"};
}

}  // namespace

Result<std::vector<PassedSocket>> parse_inherited(const std::vector<std::string>& environment,
                                                  pid_t process, int first) {
  std::vector<PassedSocket> sockets;
  const auto meant_for = parse_number(value_of("LISTEN_PID", environment).value_or(""));
  const auto fds = value_of("LISTEN_FDS", environment);
  if (meant_for != process || !fds) return sockets;
  const auto count = parse_number(*fds);
  if (!count || *count < 0 || *count > most_descriptors) {
    return not_usable("\"" + std::string(*fds) + "\" is not a number from 0 to 1024");
  }
  std::vector<std::string> names =
      split_names(value_of("LISTEN_FDNAMES", environment).value_or(""));
  if (names.size() != static_cast<std::size_t>(*count)) names.clear();
  for (int i = 0; i < *count; ++i) {
    PassedSocket socket{.descriptor = first + i};
    if (!names.empty() && !names[static_cast<std::size_t>(i)].empty()) {
      socket.name = names[static_cast<std::size_t>(i)];
    }
    sockets.push_back(socket);
  }
  return sockets;
}

Result<std::vector<PassedSocket>> take_inherited(const std::vector<std::string>& environment,
                                                 pid_t process, int first) {
  auto sockets = parse_inherited(environment, process, first);
  if (!sockets) return sockets;
  for (const PassedSocket& socket : *sockets) {
    const int flags = ::fcntl(socket.descriptor, F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0) {
      return not_usable("descriptor " + std::to_string(socket.descriptor) + " (" + socket.name +
                        ") is not open");
    }
  }
  for (const PassedSocket& socket : *sockets) ::fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC);
  return sockets;
}

}  // namespace ops::supervisor
