#include "supervisor/restart_backoff.hpp"

#include "catch.hpp"

using namespace std::chrono_literals;
using ops::supervisor::RestartBackoff;

TEST_CASE("delays grow by the factor up to the cap, and start anew after a reset") {
  RestartBackoff backoff({.first = 100ms, .factor = 2, .cap = 500ms});
  for (const auto delay : {100ms, 200ms, 400ms, 500ms, 500ms}) CHECK(backoff.next() == delay);
  backoff.reset();
  CHECK(backoff.next() == 100ms);
}

TEST_CASE("a cap of 0 never waits") {
  RestartBackoff backoff({.first = 0ms, .factor = 1, .cap = 0ms});
  for (int i = 0; i < 5; ++i) CHECK(backoff.next() == 0ms);
}

TEST_CASE("a first delay above the cap is the cap") {
  CHECK(RestartBackoff({.first = 5s, .factor = 2, .cap = 1s}).next() == 1s);
}

TEST_CASE("a row of a million restarts stays at the cap") {
  RestartBackoff backoff({.first = 100ms, .factor = 1000, .cap = 10s});
  for (int i = 0; i < 1'000'000; ++i) static_cast<void>(backoff.next());
  CHECK(backoff.next() == 10s);
}
