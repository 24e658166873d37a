#include "supervisor/runner/own_process.hpp"

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

#include "supervisor/caught_signals.hpp"

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

// Of the program or a library: what is mapped from its file and cannot have been changed.
int give_back_code_of(dl_phdr_info* object, std::size_t /*size*/, void* /*context*/) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const auto begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const auto end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void put_own_process_in_order() {
  fill_standard_descriptors();
  sigset_t waiting;
  ::sigemptyset(&waiting);
  for (const int signal : caught_signals) ::sigaddset(&waiting, signal);
  ::sigprocmask(SIG_SETMASK, &waiting, nullptr);
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

void let_signals_act() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void give_back_memory_of_start() {
  static_cast<void>(::dl_iterate_phdr(give_back_code_of, nullptr));
  ::malloc_trim(0);
}

void hold_all_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace ops::supervisor::runner
