#include "middleware/supervisor_notice.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "base/os_error.hpp"

namespace ops::middleware {

Result<NoticeSocket> NoticeSocket::open(const std::string& address) {
  if (address.empty() || address.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{"cannot tell the supervisor: NOTIFY_SOCKET holds no address"};
  }
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return base::os_error("cannot open a socket to tell the supervisor");
  // Whatever the supervisor does, the app goes on.
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return NoticeSocket(address, std::move(fd));
}

Result<void> NoticeSocket::send(std::string_view notice, Delivery delivery) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const int flags = MSG_NOSIGNAL | (delivery == Delivery::dropped ? MSG_DONTWAIT : 0);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::sendto(fd_.get(), notice.data(), notice.size(), flags, generic, length) < 0) {
    return base::os_error("cannot tell the supervisor by " + address_);
  }
  return {};
}

Result<void> send_notice(const std::string& address, std::string_view notice, Delivery delivery) {
  const auto socket = NoticeSocket::open(address);
  return socket ? socket->send(notice, delivery) : Result<void>(socket.error());
}

}  // namespace ops::middleware
