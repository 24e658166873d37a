#include "loop/signal_watcher.hpp"

#include <csignal>
#include <memory>

#include "catch.hpp"
#include "loop/timer.hpp"

namespace ops::loop {

TEST_CASE("a signal to the process calls back on the loop") {
  Loop loop;
  int caught = 0;
  SignalWatcher watcher(loop, SIGUSR1, [&] {
    ++caught;
    loop.stop();
  });
  ::raise(SIGUSR1);
  CHECK(caught == 0);
  loop.run();
  CHECK(caught == 1);
}

TEST_CASE("each watcher gets its own signal") {
  Loop loop;
  int first = 0, second = 0;
  SignalWatcher one(loop, SIGUSR1, [&] { ++first; });
  SignalWatcher two(loop, SIGUSR2, [&] {
    ++second;
    loop.stop();
  });
  ::raise(SIGUSR2);
  loop.run();
  CHECK(first == 0);
  CHECK(second == 1);
}

TEST_CASE("a watcher may be destroyed in its own callback") {
  Loop loop;
  auto caught = std::make_shared<int>(0);
  std::unique_ptr<SignalWatcher> watcher;
  watcher = std::make_unique<SignalWatcher>(loop, SIGUSR1, [&watcher, caught] {
    watcher.reset();
    ++*caught;
  });
  ::raise(SIGUSR1);
  loop.run();
  CHECK(*caught == 1);
}

TEST_CASE("when the watcher has gone the signal has its own effect again") {
  {
    Loop loop;
    SignalWatcher watcher(loop, SIGURG, [] {});
    watcher.do_not_keep_loop_alive();
    loop.run();
  }
  struct sigaction now {};
  ::sigaction(SIGURG, nullptr, &now);
  CHECK(now.sa_handler == SIG_DFL);
}

}  // namespace ops::loop
