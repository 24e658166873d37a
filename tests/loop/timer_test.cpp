#include "loop/timer.hpp"

#include <memory>
#include <vector>

#include "catch.hpp"

namespace ops::loop {

using std::chrono::milliseconds;

TEST_CASE("a timer fires once, and not before its time") {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  const auto started = std::chrono::steady_clock::now();
  timer.start(milliseconds(30));
  CHECK(timer.running());
  loop.run();
  // libuv counts in whole milliseconds.
  CHECK(std::chrono::steady_clock::now() - started >= milliseconds(29));
  CHECK(fired == 1);
  CHECK_FALSE(timer.running());
}

TEST_CASE("timers fire in the order of their times") {
  Loop loop;
  std::vector<int> order;
  Timer late(loop, [&] { order.push_back(2); });
  Timer early(loop, [&] { order.push_back(1); });
  late.start(milliseconds(20));
  early.start(milliseconds(5));
  loop.run();
  CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("a repeating timer fires until it is stopped") {
  Loop loop;
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    if (++fired == 3) timer->stop();
  });
  timer->start_repeating(milliseconds(1));
  loop.run();
  CHECK(fired == 3);
}

TEST_CASE("a timer may be destroyed in its own callback") {
  Loop loop;
  // The callback owns memory that it reads after the timer has gone.
  auto fired = std::make_shared<int>(0);
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&timer, fired] {
    timer.reset();
    ++*fired;
  });
  SECTION("once") { timer->start(milliseconds(0)); }
  SECTION("repeating") { timer->start_repeating(milliseconds(1)); }
  loop.run();
  CHECK(*fired == 1);
}

TEST_CASE("a timer that was destroyed does not fire, due or not") {
  Loop loop;
  bool fired = false;
  auto first = std::make_unique<Timer>(loop, [] {});
  auto second = std::make_unique<Timer>(loop, [&] { fired = true; });
  Timer killer(loop, [&] { second.reset(); });
  killer.start(milliseconds(0));
  second->start(milliseconds(0));
  first.reset();
  loop.run();
  CHECK_FALSE(fired);
}

TEST_CASE("starting a running timer sets it anew") {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.start(std::chrono::hours(1));
  timer.start(milliseconds(1));
  loop.run();
  CHECK(fired == 1);
}

TEST_CASE("a deadline that has passed is due at once") {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.start(milliseconds(-5));
  loop.run_pending();
  CHECK(fired == 1);
}

TEST_CASE("a stopped timer does not fire and does not keep the loop running") {
  Loop loop;
  bool fired = false;
  Timer stopped(loop, [&] { fired = true; });
  stopped.start(milliseconds(1));
  stopped.stop();
  Timer tidying(loop, [&] { fired = true; });
  tidying.do_not_keep_loop_alive();
  tidying.start(std::chrono::hours(1));
  loop.run();
  CHECK_FALSE(fired);
}

}  // namespace ops::loop
