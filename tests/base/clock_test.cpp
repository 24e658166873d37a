#include "base/clock.hpp"

#include <ctime>

#include "catch.hpp"

namespace ops::base {

TEST_CASE("the system's clock measures on the monotonic side and tells the time on the other") {
  const SystemClock clock;
  const auto before = std::chrono::steady_clock::now();
  const auto now = clock.now();
  CHECK(now >= before);
  CHECK(clock.now() >= now);

  const std::time_t wall_before = std::time(nullptr);
  const std::time_t wall = std::chrono::system_clock::to_time_t(clock.wall());
  CHECK(wall >= wall_before - 1);
  CHECK(wall <= std::time(nullptr) + 1);
}

}  // namespace ops::base
