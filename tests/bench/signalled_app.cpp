// signalled_app FILE: maps FILE (16 bytes) and writes there when each USR1 came, in nanoseconds
// (CLOCK_MONOTONIC), and then how many came. Ends on TERM.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <new>

namespace {

struct Page {
  std::atomic<std::uint64_t> came_at;
  std::atomic<std::uint64_t> count;
};

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  constexpr std::uint64_t nanoseconds = 1'000'000'000;
  return static_cast<std::uint64_t>(time.tv_sec) * nanoseconds +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGUSR1);
  ::sigaddset(&signals, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int file = ::open(argv[1], O_RDWR | O_CLOEXEC);
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return 2;
  auto* page = new (memory) Page;
  page->count = 0;
  for (;;) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0 || signal == SIGTERM) return 0;
    page->came_at = now();
    ++page->count;
  }
}
