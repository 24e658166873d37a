#include "http1/http_date.hpp"

#include <string>

#include "catch.hpp"

using namespace ops::http1;
using namespace std::chrono_literals;

TEST_CASE("a moment is written as RFC 9110 writes it") {
  HttpDate date;
  CHECK(date.at(std::chrono::sys_seconds(784111777s)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.at(std::chrono::sys_seconds(0s)) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(date.at(std::chrono::sys_seconds(1709251199s)) == "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST_CASE("a new second gives a new text, the same second the same") {
  HttpDate date;
  const std::chrono::sys_seconds second(784111777s);
  const std::string first(date.at(second));
  CHECK(date.at(second + 999ms) == first);
  CHECK(date.at(second + 1s) == "Sun, 06 Nov 1994 08:49:38 GMT");
  CHECK(date.at(second) == first);
}
