#include "supervisor/terminal.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ops::supervisor {
namespace {

pid_t foreground_group() { return ::isatty(0) == 1 ? ::tcgetpgrp(0) : -1; }

void make_foreground(pid_t group) {
  // We may be in the background, and would be stopped for this.
  sigset_t stop;
  sigset_t before;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &stop, &before);
  ::tcsetpgrp(0, group);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool was_stopped(pid_t child) {
  siginfo_t status{};
  return ::waitid(P_PID, static_cast<id_t>(child), &status, WSTOPPED | WNOHANG) == 0 &&
         status.si_pid == child;
}

// A shell with job control is our parent's session too. Anybody else would never let us go on.
bool somebody_can_continue_us() {
  const pid_t parent = ::getppid();
  return parent > 1 && ::getsid(parent) == ::getsid(0) && ::getpgid(parent) != ::getpgrp();
}

}  // namespace

bool take_back_terminal(pid_t from) {
  if (foreground_group() != from) return false;
  make_foreground(::getpgrp());
  return true;
}

void take_back_terminal_from_nobody() {
  const pid_t group = foreground_group();
  if (group > 0 && ::kill(-group, 0) != 0 && errno == ESRCH) make_foreground(::getpgrp());
}

void follow_stop(pid_t app) {
  if (!was_stopped(app) || foreground_group() != app) return;
  make_foreground(::getpgrp());
  if (somebody_can_continue_us()) ::raise(SIGSTOP);
  // Here we go on, in the foreground (fg) or not (bg).
  if (foreground_group() == ::getpgrp()) make_foreground(app);
  ::kill(-app, SIGCONT);
}

}  // namespace ops::supervisor
