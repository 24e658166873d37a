#include "cli/timeout.hpp"

#include "catch.hpp"

using ops::cli::parse_timeout;
using std::chrono::milliseconds;

TEST_CASE("a timeout is read in seconds") {
  CHECK(*parse_timeout("1") == milliseconds(1000));
  CHECK(*parse_timeout("0.5") == milliseconds(500));
  CHECK(*parse_timeout("86400") == milliseconds(86'400'000));
  CHECK(parse_timeout(ops::cli::default_timeout).ok());
}

TEST_CASE("what is no time to wait is refused") {
  for (const char* text :
       {"", "0", "-1", "abc", "1s", "86400.1", "1e9", "nan", "inf", " 1", "1 "}) {
    INFO(text);
    CHECK_FALSE(parse_timeout(text).ok());
  }
}
