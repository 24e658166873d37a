#include "loop/waker.hpp"

#include <memory>
#include <thread>

#include "catch.hpp"

namespace ops::loop {

TEST_CASE("another thread wakes the loop, which calls back on its own") {
  Loop loop;
  std::thread::id called_on;
  std::unique_ptr<Waker> waker;
  waker = std::make_unique<Waker>(loop, [&] {
    called_on = std::this_thread::get_id();
    waker.reset();
  });
  std::thread other([&waker = *waker] { waker.wake(); });
  loop.run();
  other.join();
  CHECK(called_on == std::this_thread::get_id());
}

TEST_CASE("wakes that come before the loop gets to them become one") {
  Loop loop;
  int woken = 0;
  Waker waker(loop, [&] { ++woken; });
  for (int i = 0; i < 100; ++i) waker.wake();
  loop.run_pending();
  CHECK(woken == 1);
  waker.wake();
  loop.run_pending();
  CHECK(woken == 2);
}

TEST_CASE("a wake on the way to a waker that is destroyed is lost") {
  Loop loop;
  bool woken = false;
  {
    Waker waker(loop, [&] { woken = true; });
    waker.wake();
  }
  loop.run();
  CHECK_FALSE(woken);
}

TEST_CASE("a waker can be told not to keep the loop running") {
  Loop loop;
  Waker waker(loop, [] {});
  waker.do_not_keep_loop_alive();
  loop.run();
}

}  // namespace ops::loop
