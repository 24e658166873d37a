#include "base/rfc3339.hpp"

#include "catch.hpp"

namespace ops::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Moment = std::chrono::system_clock::time_point;

}  // namespace

TEST_CASE("a moment is written in UTC with milliseconds") {
  CHECK(to_rfc3339(Moment()) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(Moment(milliseconds(1))) == "1970-01-01T00:00:00.001Z");
  CHECK(to_rfc3339(Moment(seconds(951'782'399) + milliseconds(999))) == "2000-02-28T23:59:59.999Z");
  CHECK(to_rfc3339(Moment(seconds(951'782'400))) == "2000-02-29T00:00:00.000Z");
  CHECK(to_rfc3339(Moment(seconds(1'777'896'000) + milliseconds(123))) ==
        "2026-05-04T12:00:00.123Z");
}

TEST_CASE("a moment before 1970 is written too") {
  CHECK(to_rfc3339(Moment(milliseconds(-1))) == "1969-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(Moment(seconds(-1))) == "1969-12-31T23:59:59.000Z");
}

TEST_CASE("what was written is read back") {
  for (const char* text : {"1970-01-01T00:00:00.000Z", "2000-02-29T23:59:59.999Z",
                           "1969-12-31T23:59:59.999Z", "2026-05-04T12:00:00.123Z"}) {
    const auto read = from_rfc3339(text);
    REQUIRE(read.has_value());
    CHECK(to_rfc3339(*read) == text);
  }
  CHECK(from_rfc3339("1970-01-01T00:00:01Z") == Moment(seconds(1)));
}

TEST_CASE("a leap second is the first second of the next minute") {
  CHECK(to_rfc3339(*from_rfc3339("2016-12-31T23:59:60Z")) == "2017-01-01T00:00:00.000Z");
}

TEST_CASE("everything else is refused") {
  for (const char* text :
       {"", "2026-05-04", "2026-05-04T12:00:00", "2026-05-04T12:00:00.1Z", "2026-05-04 12:00:00Z",
        "2026-05-04T12:00:00+00:00", "2026-05-04T12:00:00.123z", "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-01-00T12:00:00Z",
        "2026-05-04T24:00:00Z", "2026-05-04T12:60:00Z", "2026-05-04T12:00:61Z",
        "2026-05-04T12:00:0xZ", "-026-05-04T12:00:00Z", "2026-05-04T12:00:00,123Z",
        "2026-05-04T12:00:00.12xZ", " 026-05-04T12:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(from_rfc3339(text).has_value());
  }
}

}  // namespace ops::base
