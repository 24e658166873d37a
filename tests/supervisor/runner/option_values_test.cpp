#include "supervisor/runner/option_values.hpp"

#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor::runner;
using ops::supervisor::Readiness;

}  // namespace

TEST_CASE("an exit code is a number from 0 to 255") {
  CHECK(*parse_exit_code("0") == 0);
  CHECK(*parse_exit_code("255") == 255);
  for (const char* bad : {"", "256", "-1", "99x", " 99", "+9", "0x10"}) {
    CHECK_FALSE(parse_exit_code(bad).ok());
  }
}

TEST_CASE("seconds may have decimals, and what is more than 0 is at least a millisecond") {
  CHECK(*parse_seconds("25") == 25s);
  CHECK(*parse_seconds("0.5") == 500ms);
  CHECK(*parse_seconds("0") == 0ms);
  CHECK(*parse_seconds("0.0001") == 1ms);
  CHECK(*parse_seconds("100000000") == 100000000s);
  for (const char* bad : {"", ".", "-1", "1e3", "inf", "nan", "1.2.3", "5s", "100000001", "1,5"}) {
    CHECK_FALSE(parse_seconds(bad).ok());
  }
}

TEST_CASE("a backoff is FIRST:FACTOR:CAP") {
  const auto backoff = parse_backoff("0.1:2:10");
  REQUIRE(backoff.ok());
  CHECK(backoff->first == 100ms);
  CHECK(backoff->factor == 2);
  CHECK(backoff->cap == 10s);
  CHECK(parse_backoff("0:1:0").ok());
  for (const char* bad :
       {"", "1", "1:2", "1:2:3:4", ":2:10", "1::10", "1:2:", "1:0.5:10", "1:1001:10", "a:2:10"}) {
    CHECK_FALSE(parse_backoff(bad).ok());
  }
}

TEST_CASE("an address to listen on may have a name") {
  CHECK(parse_listen("0.0.0.0:80")->name == "unknown");
  CHECK(parse_listen("web=[::]:80")->name == "web");
  CHECK(parse_listen("web=[::]:80")->address == "[::]:80");
  const auto path = parse_listen("unix:/run/a=b.sock");
  REQUIRE(path.ok());
  CHECK(path->name == "unknown");
  CHECK(path->address == "unix:/run/a=b.sock");
  CHECK(parse_listen(std::string(255, 'n') + "=127.0.0.1:80").ok());
  CHECK_FALSE(parse_listen(std::string(256, 'n') + "=127.0.0.1:80").ok());
  for (const char* bad : {"", "80", "web=", "=127.0.0.1:80", "a b=127.0.0.1:80", "localhost:80"}) {
    CHECK_FALSE(parse_listen(bad).ok());
  }
}

TEST_CASE("what makes an instance ready is one of four signs") {
  CHECK(parse_ready("notify", {})->sign == Readiness::Sign::notify);
  CHECK(parse_ready("settle:0.25", {})->settle == 250ms);
  CHECK(parse_ready("settle:0", {})->sign == Readiness::Sign::settle);
  const auto tcp = parse_ready("tcp:[::1]:8080", {});
  REQUIRE(tcp.ok());
  CHECK(tcp->host == "::1");
  CHECK(tcp->port == 8080);
  const auto http = parse_ready("http://localhost:8080/readyz?verbose", {.timeout = 7s});
  REQUIRE(http.ok());
  CHECK(http->host == "127.0.0.1");
  CHECK(http->port == 8080);
  CHECK(http->path == "/readyz?verbose");
  CHECK(http->timeout == 7s);
  CHECK(parse_ready("http://127.0.0.1", {})->port == 80);
  CHECK(parse_ready("http://127.0.0.1", {})->path == "/");
  CHECK(parse_ready("http://[::1]/x", {})->host == "::1");
  CHECK(parse_ready("http://127.0.0.1:1?a", {})->path == "/?a");
  for (const char* bad :
       {"", "Notify", "settle", "settle:x", "tcp:127.0.0.1", "tcp::80", "tcp:example.com:80",
        "tcp:127.0.0.1:0", "http://", "http://:80/", "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nX: y", "https://127.0.0.1/"}) {
    INFO(bad);
    CHECK_FALSE(parse_ready(bad, {}).ok());
  }
}
