#include "middleware/server/answer_writer.hpp"

#include "catch.hpp"

using namespace ops::middleware;

namespace {

const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string written(const Response& response, AnswerFrame frame = {}) {
  frame.date = date;
  std::string out;
  append_answer(out, response, frame);
  return out;
}

}  // namespace

TEST_CASE("an answer has date, type, length and body") {
  CHECK(written(Response::text(200, "pong")) ==
        "HTTP/1.1 200 OK\r\nDate: " + date +
            "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n\r\npong");
}

TEST_CASE("the answer to HEAD has the length of the body and not the body") {
  const std::string answer = written(Response::text(200, "pong"), {.head_only = true});
  CHECK(answer.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(answer.substr(answer.size() - 4) == "\r\n\r\n");
}

TEST_CASE("204 and 304 have neither type nor length nor body") {
  for (const int status : {204, 304}) {
    const std::string answer = written(Response::text(status, "ignored"));
    CHECK(answer.find("Content-") == std::string::npos);
    CHECK(answer.substr(answer.size() - 4) == "\r\n\r\n");
  }
}

TEST_CASE("whether the connection goes on is said where the version does not say it") {
  const Response pong = Response::text(200, "pong");
  CHECK(written(pong).find("Connection") == std::string::npos);
  CHECK(written(pong, {.last = true}).find("Connection: close\r\n") != std::string::npos);
  CHECK(written(pong, {.to_1_0 = true}).find("Connection: keep-alive\r\n") != std::string::npos);
  CHECK(written(pong, {.last = true, .to_1_0 = true}).find("Connection: close\r\n") !=
        std::string::npos);
}

TEST_CASE("fields of a handler are sent, but not those that frame the answer") {
  Response response = Response::text(200, "pong");
  response.headers = {{"X-Ops-Release", "a1"},
                      {"content-length", "77777"},
                      {"Transfer-Encoding", "chunked"},
                      {"CONNECTION", "upgrade"},
                      {"Date", "never"}};
  const std::string answer = written(response);
  CHECK(answer.find("X-Ops-Release: a1\r\n") != std::string::npos);
  for (const auto* text : {"77777", "chunked", "upgrade", "never"}) {
    CHECK(answer.find(text) == std::string::npos);
  }
}

TEST_CASE("what would break out of its line cannot be sent") {
  Response response = Response::text(200, "");
  CHECK(can_be_sent(response));
  response.headers = {{"X", "a\r\nSet-Cookie: b"}};
  CHECK_FALSE(can_be_sent(response));
  response.headers = {{"X Y", "a"}};
  CHECK_FALSE(can_be_sent(response));
  response.headers = {{"", "a"}};
  CHECK_FALSE(can_be_sent(response));
  response.headers = {};
  response.content_type = "text/plain\n";
  CHECK_FALSE(can_be_sent(response));
}

TEST_CASE("a status is from 200 to 599") {
  for (const int status : {200, 599}) CHECK(can_be_sent(Response::text(status, "")));
  for (const int status : {-1, 0, 100, 199, 600, 1000}) {
    CHECK_FALSE(can_be_sent(Response::text(status, "")));
  }
}

TEST_CASE("a stream is chunked, except to HTTP/1.0") {
  std::string out;
  append_stream_head(out, Response::text(200, "first"), {.date = date});
  CHECK(out.find("Content-Length") == std::string::npos);
  CHECK(out.find("Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n") != std::string::npos);

  out.clear();
  append_stream_head(out, Response::text(200, "first"),
                     {.date = date, .last = true, .to_1_0 = true});
  CHECK(out.find("chunked") == std::string::npos);
  CHECK(out.find("Connection: close\r\n\r\nfirst") != std::string::npos);

  out.clear();
  append_stream_head(out, Response::text(200, "first"), {.date = date, .head_only = true});
  CHECK(out.find("first") == std::string::npos);
}
