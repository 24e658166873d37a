#include "loop/background_task.hpp"

#include <atomic>
#include <thread>

#include "catch.hpp"

namespace ops::loop {

TEST_CASE("work is done on another thread, and its end told on the loop's") {
  Loop loop;
  std::thread::id worked_on, ended_on;
  run_in_background(
      loop, [&] { worked_on = std::this_thread::get_id(); },
      [&] { ended_on = std::this_thread::get_id(); });
  loop.run();
  CHECK(worked_on != std::thread::id());
  CHECK(worked_on != ended_on);
  CHECK(ended_on == std::this_thread::get_id());
}

TEST_CASE("the end of one task may start the next") {
  Loop loop;
  int done = 0;
  run_in_background(
      loop, [] {},
      [&] {
        ++done;
        run_in_background(
            loop, [] {}, [&] { ++done; });
      });
  loop.run();
  CHECK(done == 2);
}

TEST_CASE("a loop waits for its tasks before it goes") {
  bool done = false;
  {
    Loop loop;
    run_in_background(
        loop, [] { std::this_thread::yield(); }, [&] { done = true; });
  }
  CHECK(done);
}

TEST_CASE("many tasks all end") {
  Loop loop;
  std::atomic<int> worked = 0;
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    run_in_background(
        loop, [&] { ++worked; }, [&] { ++done; });
  }
  loop.run();
  CHECK(worked == 100);
  CHECK(done == 100);
}

}  // namespace ops::loop
