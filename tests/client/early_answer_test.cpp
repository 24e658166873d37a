#include "client/early_answer.hpp"

#include "catch.hpp"

using ops::client::read_early_answer;

TEST_CASE("an answer is read from the last bytes of a connection") {
  const auto answer = read_early_answer(
      "HTTP/1.1 409 Conflict\r\nLocation: /admin/deploys/d-1\r\nContent-Length: 4\r\n\r\nbusy and "
      "more");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 409);
  CHECK(answer->header("location") == "/admin/deploys/d-1");
  CHECK(answer->body == "busy");
}

TEST_CASE("leave to go on that came too late is passed over") {
  const auto answer =
      read_early_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 413 Too Large\r\n\r\nto the end");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 413);
  CHECK(answer->headers.empty());
  CHECK(answer->body == "to the end");
}

TEST_CASE("a body that was cut is kept as far as it came") {
  CHECK(read_early_answer("HTTP/1.1 422 X\r\ncontent-length: 100\r\n\r\nhalf")->body == "half");
  CHECK(read_early_answer("HTTP/1.1 422 X\r\ncontent-length: none\r\n\r\nall")->body == "all");
}

TEST_CASE("bytes that are no answer with a whole head are none") {
  for (const char* bytes :
       {"", "\r\n\r\n", "HTTP/1.1 409 Conflict\r\nLocation: /a", "HTTP/1.1 40\r\n\r\n",
        "HTTP/1.1 4x9 Odd\r\n\r\n", "HTTP/2 409\r\n\r\n", "\x16\x03\x03\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 000 None\r\n\r\n"}) {
    INFO(bytes);
    CHECK_FALSE(read_early_answer(bytes).has_value());
  }
}
