#include "supervisor/output_target.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace ops::supervisor {
namespace {

using Outcome = Handover::Outcome;

// Calls again for as long as a signal comes between.
template <typename Call>
ssize_t uninterrupted(Call call) {
  for (;;) {
    const ssize_t result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

bool is_unsupported(int error) {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

bool has_room(int fd, int patience) {
  pollfd room{fd, POLLOUT, 0};
  // What has broken has room: the write tells.
  return ::poll(&room, 1, patience) > 0;
}

}  // namespace

OutputTarget::OutputTarget(loop::Loop& loop, int fd, std::function<void()> on_room)
    : fd_(fd), kind_(kind_of(fd)), on_room_(std::move(on_room)) {
  // The loop makes every descriptor that it watches non-blocking. It gets one of our own to watch,
  // in which the target lies.
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLOUT;
  // Fails for a file or /dev/null, which never make anybody wait.
  if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return;
  room_ = std::make_unique<loop::FdWatcher>(loop, epoll_.get(), [this] { found_room(); });
  room_->do_not_keep_loop_alive();
  room_->stop();
}

OutputTarget::Kind OutputTarget::kind_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Kind::other;
  if (S_ISREG(status.st_mode)) return Kind::file;
  return S_ISSOCK(status.st_mode) ? Kind::socket : Kind::other;
}

Handover OutputTarget::take_from(int pipe, std::size_t most) {
  // A pipe keeps to SPLICE_F_NONBLOCK on both sides. A socket does not and would make us wait.
  if (kind_ == Kind::socket) return {Outcome::unsupported};
  const ssize_t moved =
      uninterrupted([&] { return ::splice(pipe, nullptr, fd_, nullptr, most, SPLICE_F_NONBLOCK); });
  if (moved > 0) return {Outcome::taken, static_cast<std::size_t>(moved)};
  if (moved == 0) return {Outcome::ended};
  if (is_unsupported(errno)) return {Outcome::unsupported};
  if (errno != EAGAIN) return {Outcome::refused};
  if (bytes_in(pipe) == 0) return {Outcome::nothing_left};
  return {can_be_full() ? Outcome::full : Outcome::unsupported};
}

Handover OutputTarget::take(std::string_view bytes) {
  const ssize_t taken = uninterrupted([&]() -> ssize_t {
    if (kind_ == Kind::socket) {
      return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (kind_ == Kind::file) return ::write(fd_, bytes.data(), bytes.size());
    if (can_be_full() && !has_room(fd_, 0)) {
      errno = EAGAIN;
      return -1;
    }
    // A pipe that has room takes so much without making anybody wait.
    return ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
  });
  if (taken > 0) return {Outcome::taken, static_cast<std::size_t>(taken)};
  return {taken < 0 && errno == EAGAIN && can_be_full() ? Outcome::full : Outcome::refused};
}

void OutputTarget::await_room() {
  if (room_) room_->start();
}

void OutputTarget::found_room() {
  room_->stop();
  on_room_();
}

bool OutputTarget::wait_for_room(std::chrono::milliseconds patience) const {
  constexpr std::chrono::milliseconds longest{INT_MAX};
  return has_room(fd_, static_cast<int>(std::clamp(patience, patience.zero(), longest).count()));
}

std::size_t bytes_in(int pipe) {
  int bytes = 0;
  return ::ioctl(pipe, FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace ops::supervisor
