// Bodies: collected for ordinary routes, piece by piece for streaming ones, announced by
// Expect: 100-continue, answered before they have ended.

#include <memory>
#include <string>

#include "answers.hpp"
#include "catch.hpp"
#include "conversation.hpp"

using namespace ops::middleware;
using namespace std::chrono_literals;

namespace {

/// What a sink was told.
struct Heard {
  std::string body;
  bool ended = false;
  bool broken = false;
};

class Ear final : public BodySink {
 public:
  Ear(Heard& heard, std::shared_ptr<Exchange> exchange)
      : heard_(heard), exchange_(std::move(exchange)) {}
  void on_body(std::string_view bytes) override { heard_.body += bytes; }
  void on_body_end() override {
    heard_.ended = true;
    exchange_->send(Response::text(200, std::to_string(heard_.body.size())));
  }
  void on_body_broken() override { heard_.broken = true; }

 private:
  Heard& heard_;
  std::shared_ptr<Exchange> exchange_;
};

void add_upload(Conversation& talk, Heard& heard) {
  talk.stream("POST", "/upload", [&heard](const Request&, std::shared_ptr<Exchange> exchange) {
    exchange->take_body(std::make_unique<Ear>(heard, exchange));
  });
}

const std::string upload_10 = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n";

}  // namespace

TEST_CASE("an ordinary route gets its body whole, however it came") {
  Conversation talk;
  talk.post("/echo", [](const Request& request, Responder respond) {
    respond.send(Response::text(200, std::string(request.body)));
  });
  const auto client = talk.connect();
  client->send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello");
  ops::loop::Timer later(talk.loop(), [&client] {
    client->send(
        " worldPOST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked"
        "\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nx-auth-key: k\r\n\r\n");
  });
  later.start(20ms);
  talk.await_end(*client);
  const auto answers = read_answers(client->received());
  REQUIRE(answers.all.size() == 2);
  CHECK(answers.all[0].body == "hello world");
  CHECK(answers.all[1].body == "abcde");
}

TEST_CASE("the body stays there for the handler after the answer has been sent") {
  Conversation talk;
  std::string seen;
  talk.post("/", [&seen](const Request& request, Responder respond) {
    respond.send(Response::text(200, ""));
    seen = request.body;
  });
  const auto client = talk.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
               std::string(100'000, 'x'));
  talk.await_text(*client, "200 OK");
  CHECK(seen == std::string(100'000, 'x'));
}

TEST_CASE("a streaming route gets its body in pieces and the connection goes on") {
  Conversation talk;
  Heard heard;
  add_upload(talk, heard);
  const auto client = talk.connect();
  client->send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" +
               std::string(3'000'000, 'x'));
  talk.await_text(*client, "3000000");
  CHECK(heard.ended);
  CHECK_FALSE(heard.broken);
  heard = {};
  client->take();
  client->send(upload_10 + "Connection: close\r\n\r\n0123456789");
  talk.await_end(*client);
  CHECK(heard.body == "0123456789");
}

TEST_CASE("a streaming route is asked when the head has come, before a byte of the body") {
  Conversation talk;
  Heard heard;
  add_upload(talk, heard);
  bool asked = false;
  talk.stream("POST", "/ask", [&](const Request& request, std::shared_ptr<Exchange> exchange) {
    asked = true;
    CHECK(request.body.empty());
    exchange->take_body(std::make_unique<Ear>(heard, exchange));
  });
  const auto client = talk.connect();
  client->send("POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
  talk.await([&asked] { return asked; });
  CHECK(heard.body.empty());
  client->send("hi");
  talk.await([&heard] { return heard.ended; });
  CHECK(heard.body == "hi");
}

TEST_CASE("an early answer reaches a client that sends all of its body before it reads") {
  for (const std::size_t size : {100'000UL, 1'000'000UL, 20'000'000UL}) {
    Conversation talk;
    talk.stream("POST", "/busy", [](const Request&, const std::shared_ptr<Exchange>& exchange) {
      exchange->send(Response::text(409, "busy"));
    });
    const auto client = talk.connect();
    client->read_nothing();
    client->send("POST /busy HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                 "\r\n\r\n" + std::string(size, 'x'));
    talk.await([&client] { return client->unsent() == 0; });
    client->read_on();
    talk.await_text(*client, "HTTP/1.1 409 ");
    client->finish();
    talk.await([&talk] { return talk.server().connections() == 0; });
  }
}

TEST_CASE("a request without a body ends the sink at once") {
  Conversation talk;
  Heard heard;
  add_upload(talk, heard);
  const auto client = talk.connect();
  client->send("POST /upload HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await_text(*client, "200 OK");
  CHECK(heard.ended);
  CHECK(heard.body.empty());
}

TEST_CASE("a body that breaks off is told as broken") {
  Conversation talk;
  Heard heard;
  add_upload(talk, heard);
  SECTION("because the client leaves") {
    const auto client = talk.connect();
    client->send(upload_10 + "\r\n01234");
    talk.await([&heard] { return heard.body == "01234"; });
    client->finish();
    talk.await([&heard] { return heard.broken; });
  }
  SECTION("because the framing is wrong") {
    const auto client = talk.connect();
    client->send(
        "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n");
    talk.await_end(*client);
    CHECK(heard.body == "abc");
    CHECK(heard.broken);
    CHECK(read_answers(client->received()).all.at(0).status == 400);
  }
  SECTION("because the server goes") {
    const auto client = talk.connect();
    client->send(upload_10 + "\r\n01234");
    talk.await([&heard] { return heard.body == "01234"; });
    talk.destroy_server();
    CHECK(heard.broken);
  }
  CHECK_FALSE(heard.ended);
}

TEST_CASE("100 Continue is sent when the body is taken, before it comes") {
  Conversation talk;
  Heard heard;
  add_upload(talk, heard);
  talk.post("/size", [](const Request& request, Responder respond) {
    respond.send(Response::text(200, std::to_string(request.body.size())));
  });
  for (const auto* path : {"/upload", "/size"}) {
    INFO(path);
    const auto client = talk.connect();
    client->send("POST " + std::string(path) +
                 " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    talk.await_text(*client, "\r\n\r\n");
    CHECK(client->take() == "HTTP/1.1 100 Continue\r\n\r\n");
    client->send("hi");
    talk.await_text(*client, "200 OK");
  }
}

TEST_CASE("a refusal comes instead of 100 Continue, and ends the connection") {
  Conversation talk({.body_bytes = 10});
  talk.post("/size",
            [](const Request&, Responder respond) { respond.send(Response::text(200, "")); });
  talk.stream("POST", "/refuse", [](const Request&, std::shared_ptr<Exchange> exchange) {
    exchange->send(Response::text(401, "who are you?"));
  });
  const std::string rest =
      " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n";
  const auto status_at = [&](const std::string& path) {
    const auto client = talk.connect();
    client->send("POST " + path + rest);
    talk.await_end(*client);
    const auto answers = read_answers(client->received());
    REQUIRE(answers.all.size() == 1);
    CHECK(answers.all[0].has("Connection: close"));
    return answers.all[0].status;
  };
  CHECK(status_at("/size") == 413);
  CHECK(status_at("/refuse") == 401);
  CHECK(status_at("/nowhere") == 404);
}

TEST_CASE("an early answer reaches a client that is still sending, and is not lost in a reset") {
  Conversation talk({.linger = 1s});
  talk.stream("POST", "/refuse", [](const Request&, std::shared_ptr<Exchange> exchange) {
    exchange->send(Response::text(409, "a deploy is running"));
  });
  const auto client = talk.connect();
  client->send("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" +
               std::string(20'000, 'x'));
  talk.await_text(*client, "a deploy is running");
  client->send(std::string(20'000, 'x'));
  talk.await_end(*client);
  CHECK(read_answers(client->received()).all.at(0).status == 409);
  // The client has not closed its side: the server gives up soon.
  talk.await([&talk] { return talk.server().connections() == 0; });
}

TEST_CASE("a client that sends on and on after the answer is not listened to for ever") {
  Conversation talk({.linger = 200ms});
  const auto client = talk.connect();
  client->send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
  ops::loop::Timer more(talk.loop(), [&client] { client->send(std::string(1000, 'x')); });
  more.start_repeating(5ms);
  talk.await_text(*client, "not-found");
  talk.await([&] { return client->ended() && talk.server().connections() == 0; });
}

TEST_CASE("a sink may answer and thereby give up the body while it is being called") {
  Conversation talk;
  class Refusing final : public BodySink {
   public:
    explicit Refusing(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
    void on_body(std::string_view) override {
      exchange_->send(Response::text(415, "no zip"));
      exchange_->send(Response::text(200, "never"));
    }
    void on_body_end() override { FAIL("the body was given up"); }
    void on_body_broken() override { FAIL("the body was given up"); }

   private:
    std::shared_ptr<Exchange> exchange_;
  };
  talk.stream("POST", "/upload", [](const Request&, std::shared_ptr<Exchange> exchange) {
    exchange->take_body(std::make_unique<Refusing>(exchange));
  });
  const auto client = talk.connect();
  client->send(upload_10 + "\r\n0123");
  talk.await_end(*client);
  const auto answers = read_answers(client->received());
  REQUIRE(answers.all.size() == 1);
  CHECK(answers.all[0].status == 415);
}

TEST_CASE("a body that is held back waits, without a time limit, and is complete in the end") {
  Conversation talk({.body_pause = 50ms});
  Heard heard;
  std::shared_ptr<Exchange> kept;
  class Holding final : public BodySink {
   public:
    Holding(Heard& heard, std::shared_ptr<Exchange> exchange)
        : heard_(heard), exchange_(std::move(exchange)) {}
    void on_body(std::string_view bytes) override {
      heard_.body += bytes;
      exchange_->pause_body();
    }
    void on_body_end() override {
      heard_.ended = true;
      exchange_->send(Response::text(200, "taken"));
    }
    void on_body_broken() override { heard_.broken = true; }

   private:
    Heard& heard_;
    std::shared_ptr<Exchange> exchange_;
  };
  talk.stream("POST", "/upload", [&](const Request&, std::shared_ptr<Exchange> exchange) {
    kept = exchange;
    exchange->take_body(std::make_unique<Holding>(heard, exchange));
  });
  const auto client = talk.connect();
  constexpr std::size_t size = 2'000'000;
  client->send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
               "\r\n\r\n" + std::string(size, 'x'));
  client->finish();
  talk.await([&heard] { return !heard.body.empty(); });
  const std::size_t first = heard.body.size();
  ops::loop::Timer rest(talk.loop(), [&] {
    CHECK(heard.body.size() == first);
    kept->resume_body();
  });
  rest.start(150ms);
  talk.await([&] { return heard.body.size() > first; });
  ops::loop::Timer go_on(talk.loop(), [&] { kept->resume_body(); });
  go_on.start_repeating(1ms);
  talk.await_text(*client, "taken");
  CHECK(heard.body.size() == size);
  CHECK(heard.ended);
  CHECK_FALSE(heard.broken);
}

TEST_CASE("an exchange that is kept without taking the body may be answered later") {
  Conversation talk({.body_pause = 20ms});
  std::shared_ptr<Exchange> kept;
  talk.stream("POST", "/later", [&kept](const Request&, std::shared_ptr<Exchange> exchange) {
    kept = std::move(exchange);
  });
  const auto client = talk.connect();
  client->send("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  ops::loop::Timer later(talk.loop(), [&kept] { kept->send(Response::text(503, "no")); });
  later.start(100ms);
  talk.await_end(*client);
  const auto answers = read_answers(client->received());
  REQUIRE(answers.all.size() == 1);
  CHECK(answers.all[0].status == 503);
  CHECK(answers.all[0].has("Connection: close"));
}
