#include "cli/interrupt.hpp"

#include <sys/signalfd.h>

namespace ops::cli {

Interrupt::Interrupt() {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &watched, &before_);
  fd_.reset(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

// A Ctrl-C that was seen is taken off the queue: it has had its effect.
Interrupt::~Interrupt() {
  signalfd_siginfo seen{};
  while (::read(fd_.get(), &seen, sizeof seen) > 0) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace ops::cli
