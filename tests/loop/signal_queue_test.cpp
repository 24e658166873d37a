#include "loop/signal_queue.hpp"

#include <array>
#include <csignal>
#include <vector>

#include "catch.hpp"
#include "kept_signal_mask.hpp"

namespace ops::loop {
namespace {

constexpr std::array watched{SIGUSR1, SIGUSR2, SIGWINCH};

}  // namespace

TEST_CASE("signals that are queued are told in one round, each once, and no other") {
  const KeptSignalMask mask;
  Loop loop;
  std::vector<int> told;
  const auto queue =
      SignalQueue::open(loop, watched, [&told](int signal) { told.push_back(signal); });
  REQUIRE(queue.ok());
  for (const int signal : {SIGUSR2, SIGWINCH, SIGUSR1, SIGUSR1}) ::raise(signal);
  loop.run_pending();
  CHECK(told == std::vector{SIGUSR1, SIGUSR2, SIGWINCH});
  loop.run_pending();
  CHECK(told.size() == 3);
  ::raise(SIGUSR1);
  loop.run_pending();
  CHECK(told.size() == 4);
}

TEST_CASE("a signal that is ignored by default, or by decree, is queued all the same") {
  const KeptSignalMask mask;
  Loop loop;
  std::vector<int> told;
  const auto before = ::signal(SIGUSR1, SIG_IGN);
  const auto queue =
      SignalQueue::open(loop, watched, [&told](int signal) { told.push_back(signal); });
  REQUIRE(queue.ok());
  ::raise(SIGWINCH);
  ::raise(SIGUSR1);
  loop.run_pending();
  ::signal(SIGUSR1, before);
  CHECK(told == std::vector{SIGUSR1, SIGWINCH});
}

TEST_CASE("a queue may be destroyed by the first of several signals, and the others do no harm") {
  const KeptSignalMask mask;
  Loop loop;
  int told = 0;
  std::unique_ptr<SignalQueue> queue;
  auto opened = SignalQueue::open(loop, watched, [&](int) {
    ++told;
    queue.reset();
  });
  REQUIRE(opened.ok());
  queue = std::move(*opened);
  ::raise(SIGUSR1);
  ::raise(SIGUSR2);
  loop.run_pending();
  CHECK(told == 1);
  ::raise(SIGUSR2);
  loop.run_pending();
  CHECK(told == 1);
  // They would end this process once the mask is what it was.
  sigset_t pending;
  ::sigpending(&pending);
  REQUIRE(::sigismember(&pending, SIGUSR2) == 1);
  sigset_t both;
  ::sigemptyset(&both);
  ::sigaddset(&both, SIGUSR1);
  ::sigaddset(&both, SIGUSR2);
  constexpr timespec at_once{};
  while (::sigtimedwait(&both, nullptr, &at_once) > 0) {
  }
}

}  // namespace ops::loop
