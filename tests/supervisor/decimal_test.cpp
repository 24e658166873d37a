#include "supervisor/decimal.hpp"

#include <limits>

#include "catch.hpp"

using ops::supervisor::decimal;

constexpr auto most = std::numeric_limits<std::int64_t>::max();

TEST_CASE("digits are a number, and nothing else is") {
  CHECK(decimal("0", 0, most) == 0);
  CHECK(decimal("0042", 0, most) == 42);
  CHECK(decimal("9223372036854775807", 0, most) == most);
  for (const char* text : {"", "-0", "-1", "+1", " 1", "1 ", "1s", "0x1", "1e3", "1.0", "one",
                           "9223372036854775808", "99999999999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(decimal(text, 0, most));
  }
}

TEST_CASE("a number lies within its limits") {
  CHECK_FALSE(decimal("4", 5, 7));
  CHECK(decimal("5", 5, 7) == 5);
  CHECK(decimal("7", 5, 7) == 7);
  CHECK_FALSE(decimal("8", 5, 7));
}
