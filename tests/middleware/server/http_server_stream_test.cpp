// Answers without a known end: event streams.

#include <memory>
#include <string>

#include "catch.hpp"
#include "conversation.hpp"

using namespace ops::middleware;
using namespace std::chrono_literals;

namespace {

struct Stream {
  Conversation talk;
  std::shared_ptr<Exchange> exchange;

  explicit Stream(const ServerLimits& limits = {}) : talk(limits) {
    talk.stream("GET", "/events", [this](const Request&, std::shared_ptr<Exchange> given) {
      exchange = std::move(given);
      exchange->begin_stream(
          {.status = 200, .body = ":ok\n\n", .content_type = "text/event-stream"});
    });
    talk.get("/ping",
             [](const Request&, Responder respond) { respond.send(Response::text(200, "pong")); });
  }
};

const std::string get_events = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("chunks reach the client as they come, and then the next request is served") {
  Stream stream;
  const auto client = stream.talk.connect();
  client->send(get_events + "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  stream.talk.await_text(*client, "5\r\n:ok\n\n\r\n");
  CHECK(client->take().find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  stream.exchange->write_chunk("data: 1\n\n");
  stream.talk.await_text(*client, "9\r\ndata: 1\n\n\r\n");
  stream.exchange->write_chunk("");
  CHECK_FALSE(stream.exchange->closed());
  client->take();
  stream.exchange->end_stream();
  CHECK(stream.exchange->closed());
  stream.talk.await_text(*client, "pong");
  CHECK(client->received().find("0\r\n\r\nHTTP/1.1 200 OK\r\n") == 0);
  stream.exchange->write_chunk("too late");
  stream.exchange->end_stream();
  client->take();
  client->send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  stream.talk.await_text(*client, "pong");
  CHECK(client->received().find("HTTP/1.1 200 OK\r\n") == 0);
}

TEST_CASE("a stream to HTTP/1.0 has no chunks and ends with the connection") {
  Stream stream;
  const auto client = stream.talk.connect();
  client->send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  stream.talk.await_text(*client, ":ok\n\n");
  stream.exchange->write_chunk("data: 1\n\n");
  stream.exchange->end_stream();
  stream.talk.await_end(*client);
  const std::string& received = client->received();
  CHECK(received.substr(received.find("\r\n\r\n") + 4) == ":ok\n\ndata: 1\n\n");
  CHECK(received.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("HEAD of a stream gets its head and nothing more") {
  Stream stream;
  const auto client = stream.talk.connect();
  client->send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\nGET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  stream.talk.await_text(*client, "pong");
  CHECK(stream.exchange->closed());
  CHECK(client->received().find(":ok") == std::string::npos);
}

TEST_CASE("a stream learns that its client has left") {
  Stream stream;
  auto client = stream.talk.connect();
  client->send(get_events);
  stream.talk.await_text(*client, ":ok");
  client.reset();
  stream.talk.await([&stream] { return stream.exchange->closed(); });
  stream.exchange->write_chunk("nobody there");
  CHECK(stream.exchange->queued() == 0);
}

TEST_CASE("a stream knows what its client has not taken, and a dead client is cut off") {
  Stream stream({.write_pause = 100ms});
  const auto client = stream.talk.connect();
  client->send(get_events);
  stream.talk.await_text(*client, ":ok");
  CHECK(stream.exchange->queued() == 0);
  client->read_nothing();
  const std::string chunk(1'000'000, 'x');
  while (stream.exchange->queued() == 0) stream.exchange->write_chunk(chunk);
  stream.talk.await([&stream] { return stream.exchange->closed(); });
}

TEST_CASE("a stream that is silent lives on") {
  Stream stream({.head_time = 20ms, .body_pause = 20ms, .keep_alive = 20ms, .write_pause = 20ms});
  const auto client = stream.talk.connect();
  client->send(get_events);
  stream.talk.await_text(*client, ":ok");
  ops::loop::Timer later(stream.talk.loop(), [&stream] { stream.exchange->write_chunk("alive"); });
  later.start(150ms);
  stream.talk.await_text(*client, "alive");
}

TEST_CASE("a handler that fails after it has begun a stream leaves it without its end") {
  Conversation talk;
  talk.stream("GET", "/events", [](const Request&, const std::shared_ptr<Exchange>& exchange) {
    exchange->begin_stream(Response::text(200, "beginning"));
    throw std::runtime_error("half way");
  });
  const auto client = talk.connect();
  client->send(get_events);
  talk.await_end(*client);
  CHECK(client->received().find("0\r\n\r\n") == std::string::npos);
  CHECK(talk.failure() == "half way");
}

TEST_CASE("a stream that is begun before the body has ended is the connection's last answer") {
  Conversation talk;
  talk.stream("POST", "/events", [](const Request&, const std::shared_ptr<Exchange>& exchange) {
    exchange->begin_stream(Response::text(200, "beginning"));
    exchange->end_stream();
  });
  const auto client = talk.connect();
  client->send("POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + get_events);
  talk.await_end(*client);
  CHECK(client->received().find("Connection: close\r\n") != std::string::npos);
  CHECK(client->received().find("9\r\nbeginning\r\n0\r\n\r\n") != std::string::npos);
}
