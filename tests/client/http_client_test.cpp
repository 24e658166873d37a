#include "client/http_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "client/fake_server.hpp"
#include "temporary_directory.hpp"

using ops::client::FileBody;
using ops::client::HttpClient;
using ops::client::HttpFailureKind;
using ops::client::HttpRequest;
using ops::client::Patience;
using ops::client::Reading;
using ops::tests::FakeExchange;
using ops::tests::FakeServer;
using std::chrono::milliseconds;

namespace {

const ops::base::SystemClock system_clock;

Patience patient() { return {system_clock, std::chrono::seconds(20)}; }

HttpFailureKind failure(const HttpRequest& request, const Patience& patience = patient()) {
  HttpClient http;
  const auto response = http.send(request, patience);
  REQUIRE_FALSE(response.ok());
  CHECK_FALSE(response.error().message.empty());
  return response.error().kind;
}

}  // namespace

TEST_CASE("a request carries its headers, an answer its status, headers and body") {
  FakeServer server([](FakeExchange& exchange) {
    exchange.reply(418, "short and stout", {{"X-Kind", " teapot "}});
  });
  HttpClient http;
  HttpRequest request{.url = server.url() + "/brew?cups=2"};
  request.headers = {{"x-mine", "yes"}, {"x-empty", ""}};
  const auto response = http.send(request, patient());
  REQUIRE(response.ok());
  CHECK(response->status == 418);
  CHECK(response->header("x-kind") == "teapot");
  CHECK(response->header("x-none").empty());
  CHECK(response->body == "short and stout");
  const auto seen = server.requests().at(0);
  CHECK(seen.line() == "GET /brew?cups=2");
  CHECK(seen.headers.at("x-mine") == "yes");
  CHECK(seen.headers.contains("x-empty"));
  CHECK(seen.headers.at("user-agent").find("ops/") == 0);
}

TEST_CASE("a path is sent as it is written") {
  FakeServer server([](FakeExchange& exchange) { exchange.reply(200, ""); });
  HttpClient http;
  REQUIRE(http.send({.url = server.url() + "/a/../b/./c"}, patient()).ok());
  CHECK(server.requests().at(0).path == "/a/../b/./c");
}

TEST_CASE("a body in memory is sent with its length, an empty one too") {
  FakeServer server([](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, "");
  });
  HttpClient http;
  REQUIRE(http.send({.method = "POST", .url = server.url(), .body = "{}"}, patient()).ok());
  REQUIRE(http.send({.method = "POST", .url = server.url()}, patient()).ok());
  CHECK(server.requests().at(0).body == "{}");
  CHECK(server.requests().at(1).headers.at("content-length") == "0");
}

TEST_CASE("a file is streamed with its length, and progress told") {
  FakeServer server([](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, "");
  });
  const TemporaryDirectory directory;
  const std::string contents(3'000'000, 'z');
  directory.write("file", contents);
  const ops::base::UniqueFd fd(::open(directory.file("file").c_str(), O_RDONLY));
  std::uint64_t sent = 0;
  HttpRequest request{.method = "POST", .url = server.url()};
  request.file = FileBody{fd.get(), contents.size()};
  request.on_sent = [&sent](std::uint64_t bytes) { sent = bytes; };
  HttpClient http;
  REQUIRE(http.send(request, patient()).ok());
  CHECK(sent == contents.size());
  CHECK(server.requests().at(0).body == contents);
}

TEST_CASE("an answer that comes before the body was sent is an answer") {
  FakeServer server([](FakeExchange& exchange) { exchange.reply(409, "busy"); });
  const TemporaryDirectory directory;
  directory.write("file", std::string(8'000'000, 'z'));
  const ops::base::UniqueFd fd(::open(directory.file("file").c_str(), O_RDONLY));
  HttpRequest request{.method = "POST", .url = server.url()};
  request.file = FileBody{fd.get(), 8'000'000};
  HttpClient http;
  const auto response = http.send(request, patient());
  REQUIRE(response.ok());
  CHECK(response->status == 409);
  CHECK(response->body == "busy");
}

TEST_CASE("a streamed answer comes piece by piece and may be ended") {
  FakeServer server([](FakeExchange& exchange) {
    exchange.begin_stream();
    exchange.send("one");
    exchange.hang();
  });
  std::string seen;
  HttpRequest request{.url = server.url()};
  request.on_body = [&seen](std::string_view bytes) {
    seen += bytes;
    return seen == "one" ? Reading::enough : Reading::go_on;
  };
  HttpClient http;
  const auto response = http.send(request, patient());
  REQUIRE(response.ok());
  CHECK(response->status == 200);
  CHECK(seen == "one");
}

TEST_CASE("an error's body does not go to the reader of a stream") {
  FakeServer server([](FakeExchange& exchange) { exchange.reply(404, "none"); });
  HttpRequest request{.url = server.url()};
  bool called = false;
  request.on_body = [&called](std::string_view) {
    called = true;
    return Reading::go_on;
  };
  HttpClient http;
  CHECK(http.send(request, patient())->body == "none");
  CHECK_FALSE(called);
}

TEST_CASE("no redirect is followed") {
  FakeServer server([](FakeExchange& exchange) {
    exchange.reply(302, "", {{"location", "/elsewhere"}});
  });
  HttpClient http;
  CHECK(http.send({.url = server.url()}, patient())->status == 302);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("only http and https are spoken") {
  CHECK(failure({.url = "file:///etc/hostname"}) == HttpFailureKind::unreachable);
  CHECK(failure({.url = "ftp://127.0.0.1/"}) == HttpFailureKind::unreachable);
}

TEST_CASE("a refused connection is told apart from one that is cut") {
  FakeServer server([](FakeExchange&) {});
  CHECK(failure({.url = server.url()}) == HttpFailureKind::cut);
  server.go_down();
  CHECK(failure({.url = server.url()}) == HttpFailureKind::unreachable);
}

TEST_CASE("an answer that is no HTTP, or shorter than it says, is a failure") {
  FakeServer nonsense([](FakeExchange& exchange) { exchange.send("220 smtp ready\r\n"); });
  CHECK(failure({.url = nonsense.url()}) == HttpFailureKind::cut);
  FakeServer half(
      [](FakeExchange& e) { e.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"); });
  CHECK(failure({.url = half.url()}) == HttpFailureKind::cut);
}

TEST_CASE("an answer that is one byte larger than the limit is a failure") {
  FakeServer server([](FakeExchange& exchange) { exchange.reply(200, "12345"); });
  HttpClient http;
  CHECK(http.send({.url = server.url(), .response_limit = 5}, patient())->body == "12345");
  CHECK(failure({.url = server.url(), .response_limit = 4}) == HttpFailureKind::too_large);
}

TEST_CASE("headers that go on for ever are a failure") {
  FakeServer server([](FakeExchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 2000; ++i) exchange.send("x-filler: " + std::string(100, 'x') + "\r\n");
    exchange.send("\r\n");
  });
  CHECK(failure({.url = server.url()}) == HttpFailureKind::cut);
}

TEST_CASE("a server that never answers is given up when patience ends") {
  FakeServer server([](FakeExchange& exchange) { exchange.hang(); });
  CHECK(failure({.url = server.url()}, {system_clock, milliseconds(50)}) ==
        HttpFailureKind::timed_out);
}

TEST_CASE("a server that is silent for too long is given up before patience ends") {
  FakeServer server([](FakeExchange& exchange) {
    exchange.begin_stream();
    exchange.hang();
  });
  CHECK(failure({.url = server.url(), .silence_limit = std::chrono::seconds(1)}) ==
        HttpFailureKind::timed_out);
}

TEST_CASE("a request is interrupted while it waits") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const ops::base::UniqueFd reading(ends[0]);
  const ops::base::UniqueFd writing(ends[1]);
  FakeServer server([&writing](FakeExchange& exchange) {
    REQUIRE(::write(writing.get(), "x", 1) == 1);
    exchange.hang();
  });
  const Patience patience(system_clock, std::chrono::seconds(20), reading.get());
  CHECK(failure({.url = server.url()}, patience) == HttpFailureKind::interrupted);
}
