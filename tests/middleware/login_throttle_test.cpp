#include "middleware/login_throttle.hpp"

#include <string>

#include "catch.hpp"
#include "manual_clock.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;

void fail(LoginThrottle& throttle, const std::string& client, const ManualClock& clock, int times) {
  for (int i = 0; i < times; ++i) throttle.failed(client, clock.now());
}

TEST_CASE("four wrong passwords cost nothing, the fifth a second") {
  const ManualClock clock;
  LoginThrottle throttle;
  fail(throttle, "a", clock, 4);
  CHECK(throttle.wait("a", clock.now()) == 0ms);
  throttle.failed("a", clock.now());
  CHECK(throttle.wait("a", clock.now()) == 1s);
}

TEST_CASE("waits double up to a minute and never become a lock") {
  const ManualClock clock;
  LoginThrottle throttle;
  fail(throttle, "a", clock, 5);
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}) {
    CHECK(throttle.wait("a", clock.now()) == wait);
    throttle.failed("a", clock.now());
  }
}

TEST_CASE("a wait ends by itself, and success forgets the failures") {
  ManualClock clock;
  LoginThrottle throttle;
  fail(throttle, "a", clock, 6);
  clock.advance(2s);
  CHECK(throttle.wait("a", clock.now()) == 0ms);
  throttle.succeeded("a");
  fail(throttle, "a", clock, 4);
  CHECK(throttle.wait("a", clock.now()) == 0ms);
}

TEST_CASE("one client's failures are no other's") {
  const ManualClock clock;
  LoginThrottle throttle;
  fail(throttle, "a", clock, 10);
  CHECK(throttle.wait("b", clock.now()) == 0ms);
}

TEST_CASE("it remembers a bounded number of clients and forgets the one unheard of for longest") {
  const ManualClock clock;
  LoginThrottle throttle(3);
  for (const char* client : {"a", "b", "c"}) fail(throttle, client, clock, 5);
  throttle.failed("a", clock.now());
  throttle.failed("d", clock.now());
  CHECK(throttle.clients() == 3);
  CHECK(throttle.wait("b", clock.now()) == 0ms);
  CHECK(throttle.wait("a", clock.now()) == 2s);
}

TEST_CASE("many addresses are no way around the waits") {
  ManualClock clock;
  LoginThrottle throttle;
  int tried = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string client = std::to_string(i);
    if (throttle.wait(client, clock.now()) > 0ms) continue;
    throttle.failed(client, clock.now());
    ++tried;
  }
  CHECK(tried == 100);
  CHECK(throttle.wait("another", clock.now()) == 100ms);
  clock.advance(100ms);
  CHECK(throttle.wait("another", clock.now()) == 0ms);
}

TEST_CASE("an attack from many addresses does not shut out who has signed in before") {
  const ManualClock clock;
  LoginThrottle throttle;
  throttle.succeeded("home");
  for (int i = 0; i < 200; ++i) throttle.failed(std::to_string(i), clock.now());
  CHECK(throttle.wait("elsewhere", clock.now()) > 0ms);
  CHECK(throttle.wait("home", clock.now()) == 0ms);
  fail(throttle, "home", clock, 5);
  CHECK(throttle.wait("home", clock.now()) == 1s);
}

}  // namespace
}  // namespace ops::middleware
