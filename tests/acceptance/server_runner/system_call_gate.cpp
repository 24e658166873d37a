#include "system_call_gate.hpp"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "catch.hpp"

namespace {

using ops::base::UniqueFd;

constexpr int longest_wait_ms = 30'000;

void wait_until_readable(const UniqueFd& fd) {
  pollfd waiting{fd.get(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, longest_wait_ms) == 1);
}

UniqueFd receive_descriptor(const UniqueFd& socket) {
  char byte = 0;
  iovec part{&byte, 1};
  int descriptor = -1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  wait_until_readable(socket);
  REQUIRE(::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC) == 1);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  REQUIRE(header != nullptr);
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return UniqueFd(descriptor);
}

}  // namespace

SystemCallGate::SystemCallGate(std::string what)
    : what_(std::move(what)), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const std::string path = directory_.file("gate");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket_.get(), 1) == 0);
}

Words SystemCallGate::words() const {
  return {OPS_RESTRICTED, what_ + "@" + directory_.file("gate"), "--"};
}

void SystemCallGate::wait() {
  if (!gate_) {
    wait_until_readable(socket_);
    const UniqueFd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    gate_ = receive_descriptor(connection);
  }
  wait_until_readable(gate_);
  seccomp_notif asked{};
  REQUIRE(::ioctl(gate_.get(), SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0);
  at_the_gate_ = asked.id;
}

void SystemCallGate::let_go_on() { answer(0, SECCOMP_USER_NOTIF_FLAG_CONTINUE); }

void SystemCallGate::refuse(int error) { answer(-error, 0); }

void SystemCallGate::answer(int error, std::uint32_t flags) {
  seccomp_notif_resp response{};
  response.id = at_the_gate_;
  response.error = error;
  response.flags = flags;
  REQUIRE(::ioctl(gate_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response) == 0);
}
