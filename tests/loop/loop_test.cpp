#include "loop/loop.hpp"

#include <csignal>

#include "catch.hpp"
#include "loop/timer.hpp"

namespace ops::loop {

using std::chrono::milliseconds;

TEST_CASE("a loop with nothing to wait for returns") {
  Loop loop;
  loop.run();
  loop.run_pending();
}

TEST_CASE("stop returns after the event being served, and the loop can run again") {
  Loop loop;
  int served = 0;
  Timer timer(loop, [&] {
    ++served;
    loop.stop();
  });
  timer.start_repeating(milliseconds(1));
  loop.run();
  CHECK(served == 1);
  loop.run();
  CHECK(served == 2);
}

TEST_CASE("a loop that was stopped outside of run can be destroyed") {
  Loop loop;
  {
    const Timer timer(loop, [] {});
  }
  loop.stop();
}

TEST_CASE("run_pending does not wait") {
  Loop loop;
  bool fired = false;
  Timer timer(loop, [&] { fired = true; });
  timer.start(std::chrono::hours(1));
  loop.run_pending();
  CHECK_FALSE(fired);
}

TEST_CASE("the loop's time is monotonic time") {
  Loop loop;
  const auto now = loop.now() - std::chrono::steady_clock::now();
  CHECK(now < std::chrono::seconds(1));
  CHECK(now > -std::chrono::seconds(1));
}

TEST_CASE("with a loop a broken connection is no reason to die, and a handler stays") {
  struct sigaction before {};
  ::sigaction(SIGPIPE, nullptr, &before);

  ::signal(SIGPIPE, SIG_DFL);
  { const Loop loop; }
  struct sigaction now {};
  ::sigaction(SIGPIPE, nullptr, &now);
  CHECK(now.sa_handler == SIG_IGN);

  const auto handler = [](int) {};
  ::signal(SIGPIPE, handler);
  { const Loop loop; }
  ::sigaction(SIGPIPE, nullptr, &now);
  CHECK(now.sa_handler == static_cast<sighandler_t>(handler));
  ::sigaction(SIGPIPE, &before, nullptr);
}

}  // namespace ops::loop
