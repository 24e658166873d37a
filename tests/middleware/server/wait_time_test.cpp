#include "middleware/server/wait_time.hpp"

#include "catch.hpp"

using namespace ops::middleware;
using namespace std::chrono_literals;

TEST_CASE("waits for a client last as long as the limits say") {
  const ServerLimits limits{.head_time = 1s, .body_pause = 2s, .keep_alive = 3s, .linger = 4s};
  CHECK(wait_time(ConnectionWait::head, limits) == 1s);
  CHECK(wait_time(ConnectionWait::body, limits) == 2s);
  CHECK(wait_time(ConnectionWait::first_byte, limits) == 3s);
  CHECK(wait_time(ConnectionWait::linger, limits) == 4s);
  CHECK(wait_time(ConnectionWait::forever, limits) == std::chrono::milliseconds::max());
}

TEST_CASE("a client that has been read whole is waited for less long than one that is sending") {
  CHECK(wait_time(ConnectionWait::farewell, {}) == 100ms);
}

TEST_CASE("a drain waits for late requests no longer than a person notices") {
  CHECK(wait_time(ConnectionWait::late_request, {}) <= 100ms);
  CHECK(wait_time(ConnectionWait::late_first_request, {}) <= 500ms);
}

TEST_CASE("waits are looked at ten times while the shortest of them lasts") {
  CHECK(check_period({}) == 250ms);
  CHECK(check_period({.head_time = 1s}) == 100ms);
  CHECK(check_period({.write_pause = 1ms}) == 10ms);
}
