#include <optional>
#include <string>

#include "answers.hpp"
#include "catch.hpp"
#include "conversation.hpp"

using namespace ops::middleware;
using namespace std::chrono_literals;

namespace {

const std::string one_ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";

struct Draining {
  Conversation talk;
  std::optional<Responder> held;

  Draining() {
    talk.get("/ping",
             [](const Request&, Responder respond) { respond.send(Response::text(200, "pong")); });
    talk.get("/later",
             [this](const Request&, Responder respond) { held.emplace(std::move(respond)); });
    talk.post("/size", [](const Request& request, Responder respond) {
      respond.send(Response::text(200, std::to_string(request.body.size())));
    });
  }

  void await_drained() {
    talk.await([this] { return talk.drained() > 0; });
    CHECK(talk.drained() == 1);
    CHECK(talk.server().connections() == 0);
  }
};

}  // namespace

TEST_CASE("a server without connections is drained at once") {
  Draining server;
  server.talk.server().begin_drain();
  server.talk.server().begin_drain();
  server.await_drained();
}

TEST_CASE("idle connections are closed by a drain") {
  Draining server;
  const auto client = server.talk.connect();
  client->send(one_ping);
  server.talk.await_text(*client, "pong");
  client->take();
  server.talk.server().begin_drain();
  server.await_drained();
  server.talk.await_end(*client);
  CHECK(client->received().empty());
}

TEST_CASE("requests in flight are answered by a drain, with the word that it was the last") {
  Draining server;
  const auto client = server.talk.connect();
  client->send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n" + one_ping);
  server.talk.await([&server] { return server.held.has_value(); });
  server.talk.server().begin_drain();
  CHECK(server.talk.server().in_flight() == 1);
  server.held->send(Response::text(200, "later"));
  server.talk.await_end(*client);
  const auto answers = read_answers(client->received());
  REQUIRE(answers.all.size() == 1);
  CHECK(answers.all[0].body == "later");
  CHECK(answers.all[0].has("Connection: close"));
  server.await_drained();
}

TEST_CASE("a request whose body is coming when the drain begins is served") {
  Draining server;
  const auto client = server.talk.connect();
  client->send("POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  server.talk.await([&server] { return server.talk.server().in_flight() == 1; });
  server.talk.server().begin_drain();
  client->send("llo");
  server.talk.await_end(*client);
  CHECK(read_answers(client->received()).all.at(0).body == "5");
  server.await_drained();
}

TEST_CASE("requests that have reached the host when the drain begins are served") {
  Draining server;
  const auto used = server.talk.connect();
  used->send(one_ping);
  server.talk.await_text(*used, "pong");
  used->take();
  const auto fresh = server.talk.connect();
  server.talk.await([&server] { return server.talk.server().connections() == 2; });
  used->send(one_ping);
  fresh->send(one_ping);
  server.talk.server().begin_drain();
  server.talk.await_end(*used);
  server.talk.await_end(*fresh);
  for (const auto* client : {used.get(), fresh.get()}) {
    const auto answers = read_answers(client->received());
    REQUIRE(answers.all.size() == 1);
    CHECK(answers.all[0].has("Connection: close"));
  }
  server.await_drained();
}

TEST_CASE("event streams are ended by a drain") {
  Draining server;
  std::shared_ptr<Exchange> exchange;
  server.talk.stream("GET", "/events", [&](const Request&, std::shared_ptr<Exchange> given) {
    exchange = std::move(given);
    exchange->begin_stream(Response::text(200, "begin"));
  });
  const auto client = server.talk.connect();
  client->send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  server.talk.await_text(*client, "begin");
  server.talk.server().begin_drain();
  CHECK(exchange->closed());
  server.talk.await_end(*client);
  CHECK(client->received().find("0\r\n\r\n") != std::string::npos);
  server.await_drained();
}

TEST_CASE("an event stream that is asked for in the middle of a drain is ended too") {
  Draining server;
  std::shared_ptr<Exchange> exchange;
  server.talk.stream("GET", "/events", [&](const Request&, std::shared_ptr<Exchange> given) {
    exchange = std::move(given);
    exchange->begin_stream(Response::text(200, ""));
    exchange->write_chunk("more");
  });
  const auto client = server.talk.connect();
  client->send(one_ping);
  server.talk.await_text(*client, "pong");
  client->take();
  server.talk.server().begin_drain();
  client->send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  server.await_drained();
  server.talk.await_end(*client);
}

TEST_CASE("a draining server accepts nobody, and another holder of the socket may") {
  Draining server;
  auto socket = ops::loop::ListenAddress::parse("127.0.0.1:0").value().open();
  REQUIRE(socket.ok());
  const int held_elsewhere = ::dup(socket->get());
  server.talk.server().adopt(std::move(*socket));
  server.talk.server().begin_drain();
  server.await_drained();

  sockaddr_in address{};
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(held_elsewhere, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  ops::base::UniqueFd waiting(::socket(AF_INET, SOCK_STREAM, 0));
  CHECK(::connect(waiting.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  ops::base::UniqueFd accepted(::accept(held_elsewhere, nullptr, nullptr));
  CHECK(accepted.get() >= 0);
  ::close(held_elsewhere);
}

TEST_CASE("who accepts no more serves those who are connected, and leaves the rest to another") {
  Draining server;
  auto socket = ops::loop::ListenAddress::parse("127.0.0.1:0").value().open();
  REQUIRE(socket.ok());
  const ops::base::UniqueFd held_elsewhere(::dup(socket->get()));
  server.talk.server().adopt(std::move(*socket));
  const auto client = server.talk.connect();
  client->send(one_ping);
  server.talk.await_text(*client, "pong");
  client->take();
  server.talk.server().stop_accepting();

  sockaddr_in address{};
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::getsockname(held_elsewhere.get(), generic, &length) == 0);
  const ops::base::UniqueFd waiting(::socket(AF_INET, SOCK_STREAM, 0));
  CHECK(::connect(waiting.get(), generic, length) == 0);
  client->send(one_ping);
  server.talk.await_text(*client, "pong");
  const ops::base::UniqueFd accepted(::accept(held_elsewhere.get(), nullptr, nullptr));
  CHECK(accepted.get() >= 0);
  CHECK(server.talk.server().connections() == 1);
}

TEST_CASE("a server that is about to drain serves on, and each answer is its connection's last") {
  Draining server;
  const auto idle = server.talk.connect();
  const auto used = server.talk.connect();
  for (Client* client : {idle.get(), used.get()}) {
    client->send(one_ping);
    server.talk.await_text(*client, "pong");
    client->take();
  }
  server.talk.server().leave(500ms);
  CHECK_FALSE(server.talk.server().draining());
  const auto fresh = server.talk.connect();
  for (Client* client : {used.get(), fresh.get()}) {
    client->send(one_ping);
    server.talk.await_end(*client);
    const auto answers = read_answers(client->received());
    REQUIRE(answers.all.size() == 1);
    CHECK(answers.all[0].status == 200);
    CHECK(answers.all[0].has("Connection: close"));
  }
  server.await_drained();
  CHECK(idle->received().empty());
}

TEST_CASE("a server on which nobody is between two requests drains at once when it is told") {
  Draining server;
  SECTION("nobody is there") { server.talk.server(); }
  SECTION("a request is being served") {
    const auto client = server.talk.connect();
    client->send("GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    server.talk.await([&server] { return server.held.has_value(); });
  }
  server.talk.server().leave();
  CHECK(server.talk.server().draining());
  if (server.held) server.held->send(Response::text(200, "later"));
  server.await_drained();
}

TEST_CASE("a drain begins as soon as the last idle connection has used its last request") {
  Draining server;
  const auto client = server.talk.connect();
  client->send(one_ping);
  server.talk.await_text(*client, "pong");
  server.talk.server().leave(1h);
  server.talk.server().leave(1h);
  client->send(one_ping);
  server.await_drained();
}
