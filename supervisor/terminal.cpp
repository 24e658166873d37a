#include "supervisor/terminal.hpp"

#include <unistd.h>

#include <csignal>

namespace ops::supervisor {

void take_back_terminal(pid_t from) {
  if (::isatty(0) != 1 || ::tcgetpgrp(0) != from) return;
  // We are in the background, and would be stopped for this.
  sigset_t stop;
  sigset_t before;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &stop, &before);
  ::tcsetpgrp(0, ::getpgrp());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace ops::supervisor
