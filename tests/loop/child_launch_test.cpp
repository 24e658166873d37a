// What a launch costs the one who launches, and children that end before anybody has looked.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "catch.hpp"
#include "loop/child_process.hpp"

namespace {

using ops::loop::ChildExit;
using ops::loop::ChildProcess;
using ops::loop::ChildSpec;
using ops::loop::Loop;

ChildSpec nothing_to_do(ChildSpec::ExitWatch watch = ChildSpec::ExitWatch::pidfd) {
  return {.argv = {"/bin/true"}, .environment = {}, .exit_watch = watch};
}

/// Memory of ours, every page of it in use.
class TouchedMemory {
 public:
  static constexpr std::size_t pages = 16'384;

  TouchedMemory()
      : size_(pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
        memory_(
            ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    REQUIRE(memory_ != MAP_FAILED);
    ::madvise(memory_, size_, MADV_NOHUGEPAGE);
    touch();
  }
  TouchedMemory(const TouchedMemory&) = delete;
  TouchedMemory& operator=(const TouchedMemory&) = delete;
  ~TouchedMemory() { ::munmap(memory_, size_); }

  /// Writes to each page.
  void touch() {
    volatile char* byte = static_cast<char*>(memory_);
    for (std::size_t page = 0; page < pages; ++page) byte[page * size_ / pages] = 1;
  }

 private:
  std::size_t size_;
  void* memory_;
};

long page_faults() {
  rusage usage{};
  REQUIRE(::getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_minflt;
}

}  // namespace

TEST_CASE("a launch does not copy our memory, so that its size does not matter") {
  TouchedMemory memory;
  // A fork does: every page that we write to afterwards is a fault.
  const long before_fork = page_faults();
  const pid_t forked = ::fork();
  if (forked == 0) ::_exit(0);
  memory.touch();
  CHECK(page_faults() - before_fork >= static_cast<long>(TouchedMemory::pages));
  REQUIRE(::waitpid(forked, nullptr, 0) == forked);

  Loop loop;
  const long before = page_faults();
  auto child = ChildProcess::spawn(loop, nothing_to_do(), [](ChildExit) {});
  memory.touch();
  const long faults = page_faults() - before;
  REQUIRE(child.ok());
  CHECK(faults < static_cast<long>(TouchedMemory::pages) / 16);
  loop.run();
}

TEST_CASE("a child that has ended before the loop has run once is told about all the same") {
  const auto watch = GENERATE(ChildSpec::ExitWatch::pidfd, ChildSpec::ExitWatch::sigchld);
  Loop loop;
  std::optional<ChildExit> end;
  auto child =
      ChildProcess::spawn(loop, nothing_to_do(watch), [&end](ChildExit how) { end = how; });
  REQUIRE(child.ok());
  siginfo_t status{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>((*child)->pid()), &status, WEXITED | WNOWAIT) == 0);
  CHECK_FALSE(end.has_value());
  loop.run();
  REQUIRE(end.has_value());
  CHECK(end->status() == 0);
}

TEST_CASE("of many children that end at once none is missed, however early") {
  // Some of them have ended before the launch has returned.
  const auto watch = GENERATE(ChildSpec::ExitWatch::pidfd, ChildSpec::ExitWatch::sigchld);
  for (int i = 0; i < 200; ++i) {
    Loop loop;
    int ends = 0;
    auto child = ChildProcess::spawn(loop, nothing_to_do(watch), [&ends](ChildExit how) {
      ends += how.status() == 0 ? 1 : 100;
    });
    REQUIRE(child.ok());
    loop.run();
    REQUIRE(ends == 1);
  }
}
