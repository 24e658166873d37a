#include "loop/broken_pipe_shield.hpp"

#include <cerrno>
#include <ctime>

namespace ops::loop {
namespace {

sigset_t only_broken_pipe() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGPIPE);
  return signals;
}

bool is_pending() {
  sigset_t pending;
  ::sigemptyset(&pending);
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGPIPE) == 1;
}

}  // namespace

BrokenPipeShield::BrokenPipeShield() : was_pending_(is_pending()) {
  const sigset_t signals = only_broken_pipe();
  ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

BrokenPipeShield::~BrokenPipeShield() {
  // One that was ours is taken away before it can reach anybody; one from before is not ours.
  if (!was_pending_ && is_pending()) {
    const sigset_t signals = only_broken_pipe();
    const timespec no_time{};
    while (::sigtimedwait(&signals, nullptr, &no_time) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace ops::loop
