#include "http1/message_reader.hpp"

#include <string>

#include "catch.hpp"

using namespace ops::http1;
using Framing = RequestHead::Framing;

TEST_CASE("a head tells how its body is framed") {
  MessageReader reader;
  RequestHead head;
  REQUIRE(reader.read_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n", head));
  CHECK(head.framing == Framing::none);
  CHECK(reader.complete());
  REQUIRE(reader.read_head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", head));
  CHECK(head.framing == Framing::length);
  CHECK(head.content_length == 5);
  CHECK_FALSE(reader.complete());
  REQUIRE(
      reader.read_head("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", head));
  CHECK(head.framing == Framing::chunked);
  CHECK(head.content_length == 0);
  REQUIRE(reader.read_head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", head));
  CHECK_FALSE(head.has_body());
  CHECK(reader.complete());
}

TEST_CASE("the offer of another protocol changes nothing in how a message is read") {
  MessageReader reader;
  RequestHead head;
  const std::string offer = "Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n";
  REQUIRE(reader.read_head("GET / HTTP/1.1\r\n" + offer + "\r\n", head));
  CHECK(reader.complete());
  CHECK(head.keep_alive);
  REQUIRE(reader.read_head("POST / HTTP/1.1\r\n" + offer + "Content-Length: 5\r\n\r\n", head));
  CHECK(head.content_length == 5);
  CHECK(reader.read_on("hello"));
  CHECK(reader.complete());
  REQUIRE(
      reader.read_head("POST / HTTP/1.1\r\n" + offer + "Transfer-Encoding: chunked\r\n\r\n", head));
  CHECK(reader.read_on("0\r\n\r\n"));
  CHECK(reader.complete());
}

TEST_CASE("scheme and host of a target are told apart from its path") {
  MessageReader reader;
  RequestHead head;
  REQUIRE(reader.read_head("GET http://a:80/ping?x HTTP/1.1\r\nHost: a:80\r\n\r\n", head));
  CHECK(head.path == "/ping");
  CHECK(head.query == "x");
  CHECK(head.absolute_target);
}

TEST_CASE("a body is counted, and a chunk's size is known from its line") {
  MessageReader reader;
  RequestHead head;
  REQUIRE(
      reader.read_head("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", head));
  REQUIRE(reader.read_on("5;x=y\r\n"));
  CHECK(reader.remaining() == 5);
  REQUIRE(reader.read_on("hel"));
  CHECK(reader.remaining() == 2);
  REQUIRE(reader.read_on("lo"));
  CHECK(reader.body_bytes() == 5);
  REQUIRE(reader.read_on("\r\n"));
  REQUIRE(reader.read_on("0\r\n"));
  CHECK_FALSE(reader.complete());
  REQUIRE(reader.read_on("\r\n"));
  CHECK(reader.complete());
}

TEST_CASE("an error does not outlive its message") {
  MessageReader reader;
  RequestHead head;
  CHECK_FALSE(reader.read_head("GET / HTTP/1.1\r\nHost", head));
  CHECK_FALSE(reader.read_head("NONSENSE\r\n\r\n", head));
  CHECK(reader.read_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n", head));
  CHECK(head.fields.size() == 1);
}
