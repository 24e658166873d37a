#include "http1/header_gate.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"

using namespace ops::http1;
using namespace std::string_literals;

namespace {

/// 200 where the gate lets the head pass.
int verdict(std::string_view head, const HeadLimits& limits = {}) {
  const auto refusal = check_head(head, limits);
  if (!refusal) return 200;
  CHECK_FALSE(refusal->reason.empty());
  return refusal->status;
}

int verdict_of_line(const std::string& request_line) {
  return verdict(request_line + "\r\nHost: a\r\n\r\n");
}

int verdict_of_fields(const std::string& fields, const std::string& version = "1.1") {
  return verdict("POST / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n");
}

}  // namespace

TEST_CASE("an ordinary head passes the gate") {
  CHECK(verdict("GET /ping HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: wrk\r\n\r\n") == 200);
  CHECK(verdict("GET / HTTP/1.0\r\n\r\n") == 200);
  CHECK(verdict("POST /a?b=%20 HTTP/1.1\r\nhost:\t[::1]:80 \r\nContent-Length: 5\r\n\r\n") == 200);
}

TEST_CASE("a line of a head ends with CRLF and holds no other CR or LF") {
  CHECK(verdict("GET / HTTP/1.1\nHost: a\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\n\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\n\rX: b\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\n\r\nX") == 400);
  CHECK(verdict("") == 400);
}

TEST_CASE("the request line is a method, a target and a version with one space between them") {
  CHECK(verdict_of_line("GET /") == 400);
  CHECK(verdict_of_line("GET") == 400);
  CHECK(verdict_of_line("") == 400);
  CHECK(verdict_of_line("GET  / HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET /  HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET / HTTP/1.1 ") == 400);
  CHECK(verdict_of_line(" GET / HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET\t/ HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET /a b HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET / http/1.1") == 400);
  CHECK(verdict_of_line("GET / HTTP/1.10") == 400);
  CHECK(verdict_of_line("G\"T / HTTP/1.1") == 400);
}

TEST_CASE("the target holds visible ASCII bytes and no fragment") {
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '\n' || byte == '\r') continue;
    INFO("byte " << byte);
    const bool allowed = byte > 0x20 && byte < 0x7f && byte != '#';
    CHECK(verdict_of_line("GET /a"s + static_cast<char>(byte) + "b HTTP/1.1") ==
          (allowed ? 200 : 400));
  }
}

TEST_CASE("other versions than 1.0 and 1.1 are answered with 505") {
  CHECK(verdict_of_line("GET / HTTP/2.0") == 505);
  CHECK(verdict_of_line("GET / HTTP/1.2") == 505);
  CHECK(verdict_of_line("GET / HTTP/0.9") == 505);
  CHECK(verdict("PRI * HTTP/2.0\r\n\r\n") == 505);
}

TEST_CASE("methods that the server has for no resource are answered with 501") {
  for (const auto* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    CHECK(verdict_of_line(method + " / HTTP/1.1"s) == 200);
  }
  for (const auto* method : {"CONNECT", "TRACE", "SOURCE", "get", "Post", "GETX", "M-SEARCH"}) {
    CHECK(verdict_of_line(method + " / HTTP/1.1"s) == 501);
  }
}

TEST_CASE("a field line is a token, a colon at once, and a value without control bytes") {
  CHECK(verdict_of_fields("X-Y:b\r\n") == 200);
  CHECK(verdict_of_fields("X: \r\n") == 200);
  CHECK(verdict_of_fields("X: a:b\r\n") == 200);
  CHECK(verdict_of_fields("X : b\r\n") == 400);
  CHECK(verdict_of_fields(": b\r\n") == 400);
  CHECK(verdict_of_fields("X\r\n") == 400);
  CHECK(verdict_of_fields("X\0Y: b\r\n"s) == 400);
  CHECK(verdict_of_fields("X: a\0b\r\n"s) == 400);
  CHECK(verdict_of_fields("X: a\x7f\r\n") == 400);
  CHECK(verdict_of_fields("(X): a\r\n") == 400);
}

TEST_CASE("a folded line is refused wherever it stands") {
  CHECK(verdict("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == 400);
  CHECK(verdict_of_fields(" Content-Length: 38\r\n") == 400);
  CHECK(verdict_of_fields("X: 1\r\n\tContent-Length: 5\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding:\r\n chunked\r\n") == 400);
}

TEST_CASE("Transfer-Encoding is chunked, once, in HTTP/1.1, and without a length") {
  CHECK(verdict_of_fields("Transfer-Encoding: chunked\r\n") == 200);
  CHECK(verdict_of_fields("Transfer-Encoding: Chunked\r\n") == 200);
  CHECK(verdict_of_fields("Transfer-Encoding: gzip, chunked\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding: chunked, identity\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding: chunkedchunked\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding:\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding: chunked\r\n", "1.0") == 400);
}

TEST_CASE("no odd byte around the coding is overlooked") {
  for (int byte = 1; byte < 256; ++byte) {
    const char odd = static_cast<char>(byte);
    if (odd == ' ' || odd == '\t') continue;  // blanks around a value mean nothing
    INFO("byte " << byte);
    const std::string mark(1, odd);
    CHECK(verdict_of_fields("Transfer-Encoding: " + mark + "chunked\r\n") == 400);
    CHECK(verdict_of_fields("Transfer-Encoding: chunked" + mark + "\r\n") == 400);
    // Before the colon the byte makes another, harmless name, or none.
    const int other_name = verdict_of_fields("Transfer-Encoding" + mark + ": gzip\r\n");
    CHECK((other_name == 400 || other_name == 200));
  }
  CHECK(verdict_of_fields("Transfer-Encoding : chunked\r\n") == 400);
  CHECK(verdict_of_fields("Transfer-Encoding\t: chunked\r\n") == 400);
}

TEST_CASE("Content-Length stands once and is a number of at most 18 digits") {
  CHECK(verdict_of_fields("Content-Length: 0\r\n") == 200);
  CHECK(verdict_of_fields("Content-Length: " + std::string(18, '9') + "\r\n") == 200);
  CHECK(verdict_of_fields("Content-Length: " + std::string(19, '9') + "\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length:\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length: +5\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length: -5\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length: 0x5\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length: 5, 5\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length: 5 5\r\n") == 400);
  CHECK(verdict_of_fields("Content-Length: 5\r\nContent-Length: 5\r\n") == 400);
}

TEST_CASE("HTTP/1.1 needs exactly one Host, HTTP/1.0 at most one") {
  CHECK(verdict("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n") == 400);
  CHECK(verdict("GET / HTTP/1.1\r\nHost:\r\n\r\n") == 200);
}

TEST_CASE("the offer of another protocol is no reason to refuse a request") {
  CHECK(verdict_of_fields("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n") == 200);
  CHECK(verdict_of_fields("Connection: Upgrade\r\nUpgrade: websocket\r\n") == 200);
  CHECK(verdict_of_line("CONNECT a:443 HTTP/1.1") == 501);
}

TEST_CASE("a target with a host is taken where it is the host that Host names") {
  CHECK(verdict_of_line("GET http://a/ping HTTP/1.1") == 200);
  CHECK(verdict_of_line("GET HTTP://A HTTP/1.1") == 200);
  CHECK(verdict_of_line("GET http://b/ping HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET http://a:80/ping HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET http://user@a/ping HTTP/1.1") == 400);
  CHECK(verdict_of_line("GET http:///ping HTTP/1.1") == 400);
  CHECK(verdict("GET http://a/ping HTTP/1.0\r\n\r\n") == 200);
}

TEST_CASE("an expectation that the server does not know is refused") {
  CHECK(verdict_of_fields("Expect: 100-Continue\r\n") == 200);
  CHECK(verdict_of_fields("Expect: 200-ok\r\n") == 417);
}

TEST_CASE("a name with an underscore is another name") {
  CHECK(verdict_of_fields("Content_Length: 5\r\nTransfer_Encoding: gzip\r\n") == 200);
}

TEST_CASE("each limit of a head takes its last byte and refuses the first one over") {
  const std::string start = "GET /";
  const std::string end = " HTTP/1.1";
  const HeadLimits limits;
  const std::string path(limits.request_line_bytes - start.size() - end.size(), 'a');
  CHECK(verdict_of_line(start + path + end) == 200);
  CHECK(verdict_of_line(start + path + "a" + end) == 414);

  std::string fields = "Host: a\r\n";
  for (std::size_t i = 1; i < limits.fields; ++i) fields += "X: y\r\n";
  CHECK(verdict("GET / HTTP/1.1\r\n" + fields + "\r\n") == 200);
  CHECK(verdict("GET / HTTP/1.1\r\n" + fields + "X: y\r\n\r\n") == 431);

  const std::string frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
  const auto with_size = [&frame](std::size_t size) {
    return std::string(frame).insert(frame.size() - 4, size - frame.size(), 'y');
  };
  CHECK(verdict(with_size(limits.head_bytes)) == 200);
  CHECK(verdict(with_size(limits.head_bytes + 1)) == 431);
}
