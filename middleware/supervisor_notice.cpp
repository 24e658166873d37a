#include "middleware/supervisor_notice.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "base/os_error.hpp"
#include "base/unique_fd.hpp"

namespace ops::middleware {

Result<void> send_notice(const std::string& socket, std::string_view notice, Delivery delivery) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || socket.size() >= sizeof address.sun_path) {
    return Error{"cannot tell the supervisor: NOTIFY_SOCKET holds no address"};
  }
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (socket.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // Whatever the supervisor does, the app goes on.
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int flags = MSG_NOSIGNAL | (delivery == Delivery::dropped ? MSG_DONTWAIT : 0);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::sendto(fd.get(), notice.data(), notice.size(), flags, generic, length) < 0) {
    return base::os_error("cannot tell the supervisor by " + socket);
  }
  return {};
}

}  // namespace ops::middleware
