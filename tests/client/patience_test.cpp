#include "client/patience.hpp"

#include <unistd.h>

#include <array>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "manual_clock.hpp"

using ops::client::Patience;
using std::chrono::milliseconds;

TEST_CASE("patience ends at its limit") {
  ManualClock clock;
  const Patience patience(clock, milliseconds(100));
  CHECK(patience.left() == milliseconds(100));
  clock.advance(milliseconds(99));
  CHECK_FALSE(patience.lost());
  clock.advance(milliseconds(2));
  CHECK(patience.lost());
  CHECK(patience.left() == milliseconds(0));
}

TEST_CASE("a part of patience never lasts longer than the whole") {
  ManualClock clock;
  const Patience patience(clock, milliseconds(100));
  CHECK(patience.at_most(milliseconds(10)).left() == milliseconds(10));
  CHECK(patience.at_most(milliseconds(1000)).left() == milliseconds(100));
}

TEST_CASE("an interrupt ends patience, and every wait") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const ops::base::UniqueFd reading(ends[0]);
  const ops::base::UniqueFd writing(ends[1]);
  ManualClock clock;
  const Patience patience(clock, std::chrono::hours(1), reading.get());
  CHECK_FALSE(patience.interrupted());
  REQUIRE(::write(writing.get(), "x", 1) == 1);
  patience.wait(std::chrono::hours(1));
  CHECK(patience.interrupted());
  CHECK(patience.at_most(milliseconds(10)).lost());
}
