#include "loop/loop_descriptor.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <uv.h>

#include <cstdlib>

namespace ops::loop {
namespace {

bool watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

LoopDescriptor::LoopDescriptor(Loop& loop)
    : loop_(loop),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      both_(::epoll_create1(EPOLL_CLOEXEC)) {
  // As with the loop itself: fails only where the process may not have another descriptor.
  if (!timer_ || !both_ || !watch(both_.get(), timer_.get()) ||
      !watch(both_.get(), ::uv_backend_fd(loop.native()))) {
    std::abort();
  }
}

void LoopDescriptor::rearm() {
  constexpr int milliseconds_a_second = 1000;
  constexpr long nanoseconds_a_millisecond = 1'000'000;
  const int timeout = ::uv_backend_timeout(loop_.native());
  itimerspec due{};  // zero disarms
  if (timeout == 0) {
    due.it_value.tv_nsec = 1;
  } else if (timeout > 0) {
    due.it_value.tv_sec = timeout / milliseconds_a_second;
    due.it_value.tv_nsec = (timeout % milliseconds_a_second) * nanoseconds_a_millisecond;
  }
  // Setting it anew also takes back that it has fired.
  ::timerfd_settime(timer_.get(), 0, &due, nullptr);
}

}  // namespace ops::loop
