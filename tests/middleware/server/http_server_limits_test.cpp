// The limits of ServerLimits on sizes and times, over real sockets: the last byte under a limit is
// accepted, the first one over is answered as the limit says, and every wait has an end.

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "answers.hpp"
#include "catch.hpp"
#include "conversation.hpp"

using namespace ops::middleware;
using namespace std::chrono_literals;

namespace {

void add_routes(Conversation& talk) {
  talk.get("/ping",
           [](const Request&, Responder respond) { respond.send(Response::text(200, "pong")); });
  talk.post("/size", [](const Request& request, Responder respond) {
    respond.send(Response::text(200, std::to_string(request.body.size())));
  });
  talk.get("/large", [](const Request&, Responder respond) {
    respond.send(Response::text(200, std::string(16'000'000, 'x')));
  });
}

/// The only answer that the client gets before the connection is closed.
Answer last_answer(Conversation& talk, const Client& client) {
  talk.await_end(client);
  const auto answers = read_answers(client.received());
  CHECK(answers.whole);
  REQUIRE(answers.all.size() == 1);
  CHECK(answers.all[0].has("Connection: close"));
  return answers.all[0];
}

int status_of(const ServerLimits& limits, const std::string& request) {
  Conversation talk(limits);
  add_routes(talk);
  const auto client = talk.connect();
  client->send(request);
  return last_answer(talk, *client).status;
}

std::string post(std::size_t size) {
  return "POST /size HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
         std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
}

std::string post_chunked(std::size_t size) {
  return "POST /size HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
         "\r\n1\r\nx\r\n" +
         [size] {
           std::string chunks;
           for (std::size_t i = 1; i < size; ++i) chunks += "1\r\nx\r\n";
           return chunks;
         }() +
         "0\r\n\r\n";
}

}  // namespace

TEST_CASE("sizes of a head are limited as the server was told") {
  const ServerLimits limits{.request_line_bytes = 40, .head_bytes = 120, .header_fields = 3};
  const std::string end = "\r\nHost: a\r\nConnection: close\r\n";
  const std::string line = "GET /ping?" + std::string(40 - 19, 'x') + " HTTP/1.1";
  CHECK(status_of(limits, line + end + "\r\n") == 200);
  CHECK(status_of(limits, "GET /ping?x" + line.substr(10) + end + "\r\n") == 414);
  CHECK(status_of(limits, "GET /ping HTTP/1.1" + end + "X: y\r\n\r\n") == 200);
  CHECK(status_of(limits, "GET /ping HTTP/1.1" + end + "X: y\r\nX: y\r\n\r\n") == 431);
  const std::string rest = "GET /ping HTTP/1.1" + end + "X: ";
  const std::string fill(120 - rest.size() - 4, 'y');
  CHECK(status_of(limits, rest + fill + "\r\n\r\n") == 200);
  CHECK(status_of(limits, rest + fill + "y\r\n\r\n") == 431);
}

TEST_CASE("the body of an ordinary request is limited, with a length and without") {
  const ServerLimits limits{.body_bytes = 100};
  CHECK(status_of(limits, post(100)) == 200);
  CHECK(status_of(limits, post(101)) == 413);
  CHECK(status_of(limits, post_chunked(100)) == 200);
  CHECK(status_of(limits, post_chunked(101)) == 413);
  CHECK(status_of(limits,
                  "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: "
                  "999999999999999999\r\n\r\n") == 413);
}

TEST_CASE("one connection more than the limit is closed at once where all have a request") {
  Conversation talk({.connections = 2});
  add_routes(talk);
  std::vector<Responder> held;
  talk.get("/held",
           [&held](const Request&, Responder respond) { held.push_back(std::move(respond)); });
  const auto first = talk.connect(), second = talk.connect();
  for (Client* client : {first.get(), second.get()}) {
    client->send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  talk.await([&held] { return held.size() == 2; });
  const auto third = talk.connect();
  talk.await_end(*third);
  CHECK(third->received().empty());
  held.front().send(Response::text(200, "held"));
  talk.await([&] { return first->received().size() + second->received().size() > 0; });
  const auto fourth = talk.connect();
  fourth->send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await_text(*fourth, "pong");
}

TEST_CASE("connections that do nothing shut nobody out: the one idle for longest makes room") {
  Conversation talk({.connections = 3});
  add_routes(talk);
  const auto longest = talk.connect();
  talk.await([&talk] { return talk.server().connections() == 1; });
  const auto half_a_head = talk.connect();
  half_a_head->send("GET /pi");
  const auto used = talk.connect();
  talk.await([&talk] { return talk.server().connections() == 3; });
  used->send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await_text(*used, "pong");

  const auto fourth = talk.connect();
  talk.await_end(*longest);
  const auto fifth = talk.connect();
  talk.await_end(*half_a_head);
  CHECK(half_a_head->received().empty());
  used->take();
  for (Client* client : {used.get(), fourth.get(), fifth.get()}) {
    client->send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
    talk.await_text(*client, "pong");
  }
  CHECK(talk.server().connections() == 3);
}

TEST_CASE("a client that has not taken its answer yet is not closed for another one") {
  Conversation talk({.connections = 1});
  bool answered = false;
  talk.get("/large", [&answered](const Request&, Responder respond) {
    respond.send(Response::text(200, std::string(16'000'000, 'x')));
    answered = true;
  });
  const auto slow = talk.connect();
  slow->read_nothing();
  slow->send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await([&answered] { return answered; });
  CHECK(talk.server().in_flight() == 0);
  const auto other = talk.connect();
  talk.await_end(*other);
  slow->read_on();
  talk.await([&slow] { return slow->received().size() > 16'000'000; });
}

TEST_CASE("a process that is out of descriptors closes idle connections for new ones and says so") {
  Conversation talk;
  add_routes(talk);
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 5; ++i) idle.push_back(talk.connect());
  talk.await([&talk] { return talk.server().connections() == 5; });
  const auto late = talk.connect();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none_left = before;
  {
    const ops::base::UniqueFd lowest_free(::dup(0));
    none_left.rlim_cur = static_cast<rlim_t>(lowest_free.get());
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  late->send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await_text(*late, "pong");
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(talk.exhausted() == 1);
}

TEST_CASE("a head that takes too long is answered with 408, however its bytes drip") {
  Conversation talk({.head_time = 100ms});
  add_routes(talk);
  const auto client = talk.connect();
  client->send("GET /ping HTTP/1.1\r\nX: ");
  ops::loop::Timer drip(talk.loop(), [&client] { client->send("y"); });
  drip.start_repeating(20ms);
  CHECK(last_answer(talk, *client).status == 408);
}

TEST_CASE("a body that drips for ever is answered with 408, one at a fair rate is read") {
  Conversation talk({.body_pause = 200ms, .body_bytes_a_second = 1000});
  add_routes(talk);
  const auto send_in_steps = [&talk](std::size_t step) {
    auto client = talk.connect();
    client->send(
        "POST /size HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
        "20000\r\n\r\n");
    std::size_t left = 20'000;
    ops::loop::Timer drip(talk.loop(), [&] {
      const auto size = std::min(step, left);
      client->send(std::string(size, 'x'));
      left -= size;
    });
    drip.start_repeating(20ms);
    return last_answer(talk, *client).status;
  };
  CHECK(send_in_steps(1) == 408);
  CHECK(send_in_steps(1000) == 200);
}

TEST_CASE("a body that pauses too long is answered with 408, one that comes slowly is read") {
  Conversation talk({.body_pause = 100ms, .body_bytes_a_second = 10});
  add_routes(talk);
  const auto silent = talk.connect();
  silent->send("POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx");
  CHECK(last_answer(talk, *silent).status == 408);

  const auto slow = talk.connect();
  slow->send("POST /size HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n");
  int sent = 0;
  ops::loop::Timer drip(talk.loop(), [&] {
    if (sent++ < 10) slow->send("x");
  });
  drip.start_repeating(20ms);
  const auto answer = last_answer(talk, *slow);
  CHECK(answer.status == 200);
  CHECK(answer.body == "10");
}

TEST_CASE("an idle connection is closed after the keep-alive time, without a word") {
  Conversation talk({.keep_alive = 50ms});
  add_routes(talk);
  const auto fresh = talk.connect();
  const auto used = talk.connect();
  used->send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await_text(*used, "pong");
  CHECK(read_answers(used->take()).all.size() == 1);
  talk.await_end(*fresh);
  talk.await_end(*used);
  CHECK(fresh->received().empty());
  CHECK(used->received().empty());
}

TEST_CASE("a handler may take longer than any of the client's times") {
  Conversation talk(
      {.head_time = 20ms, .body_pause = 20ms, .keep_alive = 20ms, .write_pause = 20ms});
  std::unique_ptr<ops::loop::Timer> timer;
  talk.get("/slow", [&](const Request&, Responder respond) {
    auto held = std::make_shared<Responder>(std::move(respond));
    timer = std::make_unique<ops::loop::Timer>(talk.loop(),
                                               [held] { held->send(Response::text(200, "slow")); });
    timer->start(150ms);
  });
  const auto client = talk.connect();
  client->send("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(last_answer(talk, *client).body == "slow");
}

TEST_CASE("a client that reads nothing of its answer is cut off") {
  Conversation talk({.write_pause = 50ms});
  add_routes(talk);
  const auto client = talk.connect();
  client->read_nothing();
  client->send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await([&talk] { return talk.server().connections() == 1; });
  talk.await([&talk] { return talk.server().connections() == 0; });
}

TEST_CASE("a client that reads slowly gets its whole answer, longer than the idle time") {
  Conversation talk({.keep_alive = 20ms, .write_pause = 200ms});
  add_routes(talk);
  const auto client = talk.connect();
  client->send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  // Reads for a moment, now and then.
  ops::loop::Timer turn(talk.loop(), [&, reading = true]() mutable {
    reading = !reading;
    reading ? client->read_on() : client->read_nothing();
  });
  turn.start_repeating(10ms);
  std::size_t body = 0;
  talk.await([&] { return (body = client->received().size()) > 16'000'000; });
  CHECK(read_answers(client->received()).whole);
}

TEST_CASE("a server stops reading requests while their answers are not taken") {
  Conversation talk;
  int served = 0;
  talk.get("/page", [&served](const Request&, Responder respond) {
    ++served;
    respond.send(Response::text(200, std::string(100'000, 'x')));
  });
  const auto client = talk.connect();
  client->read_nothing();
  constexpr int sent = 2000;
  for (int i = 0; i < sent; ++i) client->send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
  int before = -1;
  talk.await([&] { return served > 0 && served == std::exchange(before, served); });
  CHECK(served < sent / 4);
  client->read_on();
  std::size_t answers = 0;
  talk.await([&] {
    answers += client->take().size();
    return served == sent && answers > std::size_t{sent} * 100'000;
  });
}
