#include "middleware/token_bucket.hpp"

#include "catch.hpp"
#include "manual_clock.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a bucket gives what it holds, then one each period") {
  ManualClock clock;
  TokenBucket bucket(3, 10s);
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(clock.now()));
  CHECK_FALSE(bucket.take(clock.now()));
  CHECK(bucket.wait(clock.now()) == 10s);
  clock.advance(9999ms);
  CHECK_FALSE(bucket.take(clock.now()));
  CHECK(bucket.wait(clock.now()) == 1ms);
  clock.advance(1ms);
  CHECK(bucket.wait(clock.now()) == 0s);
  CHECK(bucket.take(clock.now()));
  CHECK_FALSE(bucket.take(clock.now()));
}

TEST_CASE("a bucket holds no more than it held at first, however long it stands") {
  ManualClock clock;
  TokenBucket bucket(2, 1s);
  clock.advance(1h);
  CHECK(bucket.take(clock.now()));
  CHECK(bucket.take(clock.now()));
  CHECK_FALSE(bucket.take(clock.now()));
  clock.advance(1h);
  CHECK(bucket.take(clock.now()));
  CHECK(bucket.take(clock.now()));
  CHECK_FALSE(bucket.take(clock.now()));
}

TEST_CASE("a part of a period is not lost") {
  ManualClock clock;
  TokenBucket bucket(2, 1s);
  CHECK(bucket.take(clock.now()));
  CHECK(bucket.take(clock.now()));
  clock.advance(1500ms);
  CHECK(bucket.take(clock.now()));
  clock.advance(500ms);
  CHECK(bucket.take(clock.now()));
}

}  // namespace
}  // namespace ops::middleware
