#include "client/http_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <future>
#include <utility>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "client/fake_server.hpp"
#include "temporary_directory.hpp"
#include "test_session.hpp"

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

// A file to send, and how much of it was.
class SentFile {
 public:
  explicit SentFile(std::size_t size) : size_(size) {
    const TemporaryDirectory directory;
    directory.write("file", std::string(size, 'z'));
    fd_.reset(::open(directory.file("file").c_str(), O_RDONLY));
  }

  // This must outlive the sending.
  [[nodiscard]] HttpRequest to(const std::string& url) {
    HttpRequest request{.method = "POST", .url = url};
    request.file = FileBody{fd_.get(), size_};
    request.on_sent = [this](std::uint64_t bytes) { bytes_sent = bytes; };
    return request;
  }

  std::uint64_t bytes_sent = 0;

 private:
  std::size_t size_;
  ops::base::UniqueFd fd_;
};

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
  SentFile file(3'000'000);
  HttpClient http;
  REQUIRE(http.send(file.to(server.url()), patient()).ok());
  CHECK(file.bytes_sent == 3'000'000);
  CHECK(server.requests().at(0).body == std::string(3'000'000, 'z'));
}

TEST_CASE("an answer that comes before the body was sent is an answer") {
  FakeServer server([](FakeExchange& exchange) { exchange.reply(409, "busy"); });
  SentFile file(8'000'000);
  HttpClient http;
  const auto response = http.send(file.to(server.url()), patient());
  REQUIRE(response.ok());
  CHECK(response->status == 409);
  CHECK(response->body == "busy");
}

TEST_CASE("a file is not sent, however small, to a server that refuses it by the head") {
  FakeServer server([](FakeExchange& exchange) { exchange.reply(409, "busy"); });
  SentFile file(1);
  HttpClient http;
  const auto response = http.send(file.to(server.url()), patient());
  REQUIRE(response.ok());
  CHECK(response->status == 409);
  CHECK(server.requests().at(0).headers.at("expect") == "100-continue");
  CHECK(file.bytes_sent == 0);
}

TEST_CASE("a file is sent to a server that never gives leave, and to one that knows of none") {
  SentFile file(100'000);
  HttpClient http;
  SECTION("it is silent") {
    FakeServer server([](FakeExchange& exchange) {
      exchange.read_body(FakeExchange::Leave::withheld);
      exchange.reply(200, "taken");
    });
    CHECK(http.send(file.to(server.url()), patient())->body == "taken");
    CHECK(server.requests().at(0).body.size() == 100'000);
  }
  SECTION("it answers 417") {
    FakeServer server([](FakeExchange& exchange) {
      if (exchange.request().headers.contains("expect")) return exchange.reply(417, "");
      exchange.read_body();
      exchange.reply(200, "taken");
    });
    CHECK(http.send(file.to(server.url()), patient())->body == "taken");
    CHECK(server.requests().size() == 2);
    CHECK(server.requests().at(1).body.size() == 100'000);
  }
  SECTION("it answers 417 whatever it is asked") {
    FakeServer server([](FakeExchange& exchange) { exchange.reply(417, ""); });
    CHECK(http.send(file.to(server.url()), patient())->status == 417);
    CHECK(server.requests().size() == 2);
  }
}

TEST_CASE("a refusal is read although the connection breaks while the body is being sent") {
  const std::size_t size = GENERATE(100'000U, 1'000'000U, 8'000'000U);
  INFO(size << " bytes");
  std::promise<void> sending;
  std::promise<void> broken;
  FakeServer server([&](FakeExchange& exchange) {
    exchange.send("HTTP/1.1 100 Continue\r\n\r\n");
    sending.get_future().wait();
    exchange.reply(409, "busy", {{"location", "/admin/deploys/d-other"}});
    exchange.reset();
    broken.set_value();
  });
  SentFile file(size);
  HttpRequest request = file.to(server.url());
  bool began = false;
  request.on_sent = [&](std::uint64_t) {
    if (std::exchange(began, true)) return;
    sending.set_value();
    broken.get_future().wait();
  };
  HttpClient http;
  const auto response = http.send(request, patient());
  REQUIRE(response.ok());
  CHECK(response->status == 409);
  CHECK(response->header("location") == "/admin/deploys/d-other");
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
  HttpClient http;
  CHECK(http.send({.url = server.url()}, patient()).error().message == "Connection refused");
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
    if (::write(writing.get(), "x", 1) == 1) exchange.hang();
  });
  const Patience patience(system_clock, std::chrono::seconds(20), reading.get());
  CHECK(failure({.url = server.url()}, patience) == HttpFailureKind::interrupted);
}
