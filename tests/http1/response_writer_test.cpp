#include "http1/response_writer.hpp"

#include <string>

#include "catch.hpp"

using namespace ops::http1;

TEST_CASE("a head is a status line, fields and an empty line") {
  std::string out = "before";
  HeadWriter head(out, 200);
  head.field("Content-Type", "text/plain");
  head.field("Content-Length", std::uint64_t{12345});
  head.end();
  CHECK(out ==
        "beforeHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12345\r\n\r\n");
}

TEST_CASE("a status has its words, and an unknown one some words") {
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(404) == "Not Found");
  CHECK(reason_phrase(505) == "HTTP Version Not Supported");
  CHECK(reason_phrase(507) == "Insufficient Storage");
  CHECK(reason_phrase(299) == "Status");
  CHECK(reason_phrase(599) == "Status");
}

TEST_CASE("a chunk has its size in hexadecimal before it and CRLF after it") {
  std::string out;
  append_chunk(out, "hello");
  append_chunk(out, std::string(26, 'x'));
  CHECK(out == "5\r\nhello\r\n1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST_CASE("an empty chunk, which would end the body, is not written") {
  std::string out;
  append_chunk(out, "");
  CHECK(out.empty());
}
