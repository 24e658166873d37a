#include "supervisor/runner/own_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ops::supervisor::runner {
namespace {

// Otherwise a socket of ours would become the app's stdout.
void fill_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one: those below are open.
    if (::open("/dev/null", O_RDWR) < 0) return;
  }
}

}  // namespace

void put_own_process_in_order() {
  fill_standard_descriptors();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  // While the app has the terminal we are in its background: neither a line of our log nor taking
  // the terminal back may stop us.
  ::signal(SIGTTOU, SIG_IGN);
  ::signal(SIGTTIN, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // What is in our environment is for the app. A build or another program of the same user could
  // read it from /proc otherwise, passwords among it.
  ::prctl(PR_SET_DUMPABLE, 0);
}

void hold_all_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace ops::supervisor::runner
