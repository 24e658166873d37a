#include "http1/request_target.hpp"

#include "catch.hpp"

using namespace ops::http1;

TEST_CASE("a target is a path and a query, both raw") {
  const auto target = split_target("/a/%2e/b?x=1?y");
  CHECK(target.path == "/a/%2e/b");
  CHECK(target.query == "x=1?y");
  CHECK_FALSE(target.absolute);
  CHECK(split_target("/").path == "/");
  CHECK(split_target("/").query.empty());
  CHECK(split_target("*").path == "*");
}

TEST_CASE("a target as clients write it to a proxy has scheme and authority before its path") {
  const auto target = split_target("HTTP://example.org:8080/ping?verbose");
  CHECK(target.absolute);
  CHECK(target.authority == "example.org:8080");
  CHECK(target.path == "/ping");
  CHECK(target.query == "verbose");
  CHECK(split_target("https://a/").path == "/");
}

TEST_CASE("an authority alone means the root") {
  CHECK(split_target("http://a").path == "/");
  const auto target = split_target("http://a?x=/y");
  CHECK(target.authority == "a");
  CHECK(target.path == "/");
  CHECK(target.query == "x=/y");
}

TEST_CASE("what only resembles an absolute target is a path that nothing has") {
  for (const char* text : {"http:/a/ping", "http://", "ftp://a/ping", "a/ping", "//a/ping"}) {
    INFO(text);
    CHECK_FALSE(split_target(text).absolute);
    CHECK(split_target(text).path == text);
  }
}
