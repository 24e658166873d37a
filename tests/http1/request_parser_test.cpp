#include "http1/request_parser.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace ops::http1;
using Event = RequestParser::Event;

namespace {

/// What a parser made of some bytes.
struct Reading {
  std::vector<std::string> paths;
  std::vector<std::string> bodies;  // of complete requests
  int refused = 0;                  // the status, 0: not refused
};

Reading read_all(std::string_view bytes, const HeadLimits& limits = {}) {
  RequestParser parser(limits);
  Reading reading;
  std::string body;
  for (;;) {
    const auto step = parser.next(bytes);
    bytes.remove_prefix(step.consumed);
    if (step.event == Event::head) {
      reading.paths.emplace_back(parser.head().path);
      body.clear();
    }
    if (step.event == Event::body) body += step.body;
    if (step.event == Event::end) reading.bodies.push_back(body);
    if (step.event == Event::refused) reading.refused = parser.refusal().status;
    if (step.event == Event::refused || step.event == Event::need_more) return reading;
  }
}

std::string chunked(const std::string& body) {
  return "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a head gives method, path, query, and fields as they stand") {
  RequestParser parser({});
  const auto step = parser.next(
      "POST /slow?ms=20&x HTTP/1.1\r\nHost: a\r\nX-Auth-Key:  k \t\r\nx_auth_key: other\r\n"
      "X-Auth-Key: second\r\nEmpty:\r\n\r\n");
  REQUIRE(step.event == Event::head);
  const RequestHead& head = parser.head();
  CHECK(head.method == "POST");
  CHECK(head.path == "/slow");
  CHECK(head.query == "ms=20&x");
  REQUIRE(head.fields.size() == 5);
  CHECK(head.fields[1].name == "X-Auth-Key");
  CHECK(head.fields[1].value == "k");
  CHECK(head.fields[2].name == "x_auth_key");
  CHECK(head.fields[3].value == "second");
  CHECK(head.fields[4].name == "Empty");
  CHECK(head.fields[4].value.empty());
  CHECK_FALSE(head.has_body());
}

TEST_CASE("a request stops where the next one begins") {
  const std::string first = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser parser({});
  const auto head = parser.next(first + "GET /2");
  CHECK(head.event == Event::head);
  CHECK(head.consumed == first.size());
  const auto end = parser.next("GET /2");
  CHECK(end.event == Event::end);
  CHECK(end.consumed == 0);
  CHECK(parser.head().path == "/1");
}

TEST_CASE("pieces of a body are views into the caller's bytes") {
  const std::string body = "hello";
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
  RequestParser parser({});
  REQUIRE(parser.next(head).event == Event::head);
  CHECK(parser.head().content_length == 5);
  const auto piece = parser.next(body);
  CHECK(piece.event == Event::body);
  CHECK(piece.body.data() == body.data());
  CHECK(piece.body.size() == 5);
  CHECK(parser.next("").event == Event::end);
}

TEST_CASE("pipelined requests are read one after the other") {
  const auto reading = read_all(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
      "hiPOST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc"
      "\r\n0\r\nTrailer: t\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(reading.paths == std::vector<std::string>{"/1", "/2", "/3", "/4"});
  CHECK(reading.bodies == std::vector<std::string>{"", "hi", "abc", ""});
  CHECK(reading.refused == 0);
}

TEST_CASE("a trailer never becomes a field") {
  const std::string bytes = chunked("0\r\nx-auth-key: k\r\nContent-Length: 9\r\n\r\n");
  RequestParser parser({});
  std::string_view rest = bytes;
  const auto head = parser.next(rest);
  rest.remove_prefix(head.consumed);
  REQUIRE(head.event == Event::head);
  const auto fields = parser.head().fields.size();
  REQUIRE(parser.next(rest).event == Event::end);
  CHECK(parser.head().fields.size() == fields);
  CHECK(parser.head().content_length == 0);
}

TEST_CASE("one empty line before a request is read over, a second one is not") {
  const std::string request = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(read_all("\r\n" + request + "\r\n" + request).bodies.size() == 2);
  CHECK(read_all("\r\n\r\n" + request).refused == 400);
  CHECK(read_all("\n" + request).refused == 400);
  CHECK(read_all("\r" + request).refused == 400);
}

TEST_CASE("whether the connection goes on is read from version and Connection") {
  const auto keeps = [](const std::string& version, const std::string& connection) {
    RequestParser parser({});
    const std::string fields = connection.empty() ? "" : "Connection: " + connection + "\r\n";
    REQUIRE(parser.next("GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n").event ==
            Event::head);
    return parser.head().keep_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK(keeps("1.1", "x, keep-alive"));
  CHECK_FALSE(keeps("1.1", "close"));
  CHECK_FALSE(keeps("1.1", "Close\t"));
  CHECK_FALSE(keeps("1.1", "keep-alive, close"));
  CHECK_FALSE(keeps("1.0", ""));
  CHECK(keeps("1.0", "Keep-Alive"));
  CHECK_FALSE(keeps("1.0", "keep-alive,close"));
}

TEST_CASE("the wish for 100-continue is read, but not from HTTP/1.0") {
  RequestParser parser({});
  REQUIRE(
      parser.next("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
          .event == Event::head);
  CHECK(parser.head().expects_continue);
  RequestParser old({});
  REQUIRE(old.next("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").event ==
          Event::head);
  CHECK_FALSE(old.head().expects_continue);
}

TEST_CASE("chunks that are not framed as they must be are refused") {
  CHECK(read_all(chunked("1\r\nA\r\n0\r\n\r\n")).bodies.size() == 1);
  for (const auto* body :
       {"1\r\nAXX0\r\n\r\n", "1\nA\r\n0\r\n\r\n", "1\r\nA\n0\r\n\r\n", "1;a\nA\r\n0\r\n\r\n",
        "0x1\r\nA\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\nA", "2  \n;\r\n02\r\nab\r\n0\r\n\r\n",
        "-1\r\nA\r\n0\r\n\r\n", "\r\n", "0\r\nX : y\r\n\r\n", "0\r\n X: y\r\n\r\n",
        "0\r\nX: y\n\r\n", "0\r\nX: \ry\r\n\r\n", "1 \r\nA\r\n0\r\n\r\n"}) {
    INFO(body);
    const auto reading = read_all(chunked(body));
    CHECK(reading.refused == 400);
    CHECK(reading.bodies.empty());
  }
}

TEST_CASE("each limit of a chunked body takes its last byte and refuses the first one over") {
  const std::string line = "1;" + std::string(254, 'x');
  CHECK(read_all(chunked(line + "\r\nA\r\n0\r\n\r\n")).bodies.size() == 1);
  CHECK(read_all(chunked(line + "x\r\nA\r\n0\r\n\r\n")).refused == 413);
  CHECK(read_all(chunked("1;" + std::string(70'000, 'x'))).refused == 413);

  std::string chunks;  // 16 extensions of 256 - 1 bytes, and one that fills up 4,096
  for (int i = 0; i < 16; ++i) chunks += line + "\r\nA\r\n";
  CHECK(read_all(chunked(chunks + "1;" + std::string(15, 'x') + "\r\nA\r\n0\r\n\r\n"))
            .bodies.size() == 1);
  CHECK(read_all(chunked(chunks + "1;" + std::string(16, 'x') + "\r\nA\r\n0\r\n\r\n")).refused ==
        413);

  const std::string trailer = "X: " + std::string(4091, 'y') + "\r\n";
  CHECK(read_all(chunked("0\r\n" + trailer + "\r\n")).bodies.size() == 1);
  CHECK(read_all(chunked("0\r\nZ: y\r\n" + trailer + "\r\n")).refused == 431);
  CHECK(read_all(chunked("0\r\nX" + trailer + "\r\n")).refused == 431);
}

TEST_CASE("a head that grows too large is refused before it is complete") {
  const HeadLimits limits;
  CHECK(read_all("GET /" + std::string(70'000, 'a')).refused == 414);
  CHECK(read_all("GET / HTTP/1.1\r\nX: " + std::string(70'000, 'a')).refused == 431);
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string fits = std::string(limits.head_bytes - start.size() - 4, 'a');
  CHECK(read_all(start + fits + "\r\n\r\n").bodies.size() == 1);
  CHECK(read_all(start + fits + "a\r\n\r\n").refused == 431);
}

TEST_CASE("a refused connection stays refused") {
  RequestParser parser({});
  REQUIRE(parser.next("GET / HTTP/1.1\r\n\r\n").event == Event::refused);
  CHECK(parser.next("GET / HTTP/1.1\r\nHost: a\r\n\r\n").event == Event::refused);
  CHECK(parser.refusal().status == 400);
}
