#include "middleware/server/http_server.hpp"

#include <optional>
#include <string>
#include <vector>

#include "answers.hpp"
#include "catch.hpp"
#include "conversation.hpp"

using namespace ops::middleware;
using namespace std::chrono_literals;

namespace {

const std::string get_ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string last_ping = "GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

void add_ping(Conversation& talk) {
  talk.get("/ping",
           [](const Request&, Responder respond) { respond.send(Response::text(200, "pong")); });
}

/// Sends everything, and reads until the server closes.
Answers answers_to(Conversation& talk, std::string_view bytes) {
  const auto client = talk.connect();
  client->send(bytes);
  talk.await_end(*client);
  const Answers answers = read_answers(client->received());
  CHECK(answers.whole);
  return answers;
}

}  // namespace

TEST_CASE("a request is answered by its route") {
  Conversation talk;
  talk.get("/echo", [](const Request& request, Responder respond) {
    respond.send(Response::text(200, std::string(request.method) + ' ' + std::string(request.path) +
                                         ' ' + std::string(request.query_value("ms")) + ' ' +
                                         std::string(request.header("x-a")) + ' ' +
                                         std::string(request.peer)));
  });
  const auto answers = answers_to(
      talk, "GET /echo?ms=20 HTTP/1.1\r\nHost: a\r\nX-A: b\r\nConnection: close\r\n\r\n");
  REQUIRE(answers.all.size() == 1);
  CHECK(answers.all[0].status == 200);
  CHECK(answers.all[0].body == "GET /echo 20 b 127.0.0.1");
  CHECK(answers.all[0].has("Connection: close"));
}

TEST_CASE("an unknown path is 404 and a wrong method 405 with the right ones") {
  Conversation talk;
  add_ping(talk);
  const auto answers =
      answers_to(talk,
                 "GET /pong HTTP/1.1\r\nHost: a\r\n\r\nDELETE /ping HTTP/1.1\r\nHost: a\r\n"
                 "Connection: close\r\n\r\n");
  REQUIRE(answers.all.size() == 2);
  CHECK(answers.all[0].status == 404);
  CHECK(answers.all[0].has("Content-Type: application/json"));
  CHECK(answers.all[0].body.find(R"({"ok":false,"error":{"code":"not-found","message":)") == 0);
  CHECK(answers.all[1].status == 405);
  CHECK(answers.all[1].has("Allow: GET, HEAD"));
}

TEST_CASE("HEAD gets the head that GET would get, and no body") {
  Conversation talk;
  add_ping(talk);
  const auto client = talk.connect();
  client->send("HEAD /ping HTTP/1.1\r\nHost: a\r\n\r\n" + last_ping);
  talk.await_end(*client);
  const std::string received = client->received();
  const auto end = received.find("\r\n\r\n");
  CHECK(received.substr(0, end).find("Content-Length: 4") != std::string::npos);
  CHECK(received.substr(end + 4).find("HTTP/1.1 200") == 0);
}

TEST_CASE("a connection serves one request after the other") {
  Conversation talk;
  add_ping(talk);
  const auto client = talk.connect();
  for (int i = 0; i < 3; ++i) {
    client->send(get_ping);
    talk.await_text(*client, "pong");
    CHECK(read_answers(client->take()).all.size() == 1);
  }
  CHECK_FALSE(client->ended());
  CHECK(talk.server().connections() == 1);
  CHECK(talk.server().in_flight() == 0);
}

TEST_CASE("HTTP/1.0 is closed after the answer unless it asks to stay") {
  Conversation talk;
  add_ping(talk);
  const auto once = answers_to(talk, "GET /ping HTTP/1.0\r\n\r\n" + get_ping);
  REQUIRE(once.all.size() == 1);
  CHECK(once.all[0].has("Connection: close"));
  const auto stay = answers_to(
      talk, "GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /ping HTTP/1.0\r\n\r\n");
  REQUIRE(stay.all.size() == 2);
  CHECK(stay.all[0].has("Connection: keep-alive"));
}

TEST_CASE("pipelined requests are answered in order, also when an early one takes its time") {
  Conversation talk;
  std::optional<Responder> held;
  std::vector<std::string> seen;
  talk.get("/later", [&](const Request&, Responder respond) {
    seen.emplace_back("/later");
    held.emplace(std::move(respond));
  });
  talk.get("/now", [&](const Request&, Responder respond) {
    seen.emplace_back("/now");
    respond.send(Response::text(200, "now"));
  });
  const auto client = talk.connect();
  client->send(
      "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /now HTTP/1.1\r\nHost: a\r\nConnection: close"
      "\r\n\r\n");
  talk.await([&] { return held.has_value(); });
  CHECK(seen == std::vector<std::string>{"/later"});
  CHECK(client->received().empty());
  held->send(Response::text(200, "later"));
  talk.await_end(*client);
  const auto answers = read_answers(client->received());
  REQUIRE(answers.all.size() == 2);
  CHECK(answers.all[0].body == "later");
  CHECK(answers.all[1].body == "now");
}

TEST_CASE("many pipelined requests in one read are all answered") {
  Conversation talk;
  add_ping(talk);
  std::string requests;
  for (int i = 0; i < 3000; ++i) requests += get_ping;
  const auto answers = answers_to(talk, requests + last_ping);
  CHECK(answers.all.size() == 3001);
}

TEST_CASE("bytes after a request that asked for the end are not a request") {
  Conversation talk;
  add_ping(talk);
  CHECK(answers_to(talk, last_ping + get_ping).all.size() == 1);
}

TEST_CASE("a client that has ended its side still gets the answers it has asked for") {
  Conversation talk;
  std::optional<Responder> held;
  talk.get("/later",
           [&held](const Request&, Responder respond) { held.emplace(std::move(respond)); });
  const auto client = talk.connect();
  client->send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  client->finish();
  talk.await([&held] { return held.has_value(); });
  held->send(Response::text(200, "after all"));
  talk.await_end(*client);
  CHECK(read_answers(client->received()).all.at(0).body == "after all");
}

TEST_CASE("a handler that throws is answered for with 500, and so is one that forgets") {
  Conversation talk;
  talk.get("/throws", [](const Request&, Responder) { throw std::runtime_error("the reason"); });
  talk.get("/odd", [](const Request&, Responder) { throw 17; });
  talk.get("/forgets", [](const Request&, Responder) {});
  std::optional<Responder> held;
  talk.get("/keeps", [&held](const Request&, Responder respond) {
    held.emplace(std::move(respond));
    throw std::runtime_error("after keeping the responder");
  });
  const auto client = talk.connect();
  for (const auto* path : {"/throws", "/odd", "/forgets", "/keeps"}) {
    INFO(path);
    client->send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    talk.await_text(*client, "}}");
    const auto answers = read_answers(client->take());
    REQUIRE(answers.all.size() == 1);
    CHECK(answers.all[0].status == 500);
    CHECK(answers.all[0].body.find("the reason") == std::string::npos);
  }
  CHECK(talk.failure() == "after keeping the responder");
  held->send(Response::text(200, "too late"));
  client->send("GET /forgets HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await_text(*client, "}}");
  CHECK(client->received().find("too late") == std::string::npos);
}

TEST_CASE("an answer that cannot be sent becomes 500") {
  Conversation talk;
  talk.get("/split", [](const Request& request, Responder respond) {
    Response response = Response::text(302, "");
    response.headers.emplace_back("Location", "/a\r\nSet-Cookie: x=" + std::string(request.query));
    respond.send(std::move(response));
  });
  const auto answers =
      answers_to(talk, "GET /split?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(answers.all.at(0).status == 500);
  CHECK_FALSE(talk.failure().empty());
}

TEST_CASE("an answer to a client that has gone does nothing, nor does one after the server") {
  Conversation talk;
  std::vector<Responder> held;
  talk.get("/later",
           [&held](const Request&, Responder respond) { held.push_back(std::move(respond)); });
  for (int i = 0; i < 2; ++i) {
    const auto client = talk.connect();
    client->send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    talk.await([&held, i] { return held.size() == static_cast<std::size_t>(i) + 1; });
  }
  held[0].send(Response::text(200, std::string(1'000'000, 'x')));
  talk.await([&talk] { return talk.server().connections() == 1; });
  talk.destroy_server();
  held[1].send(Response::text(200, "nobody there"));
}

TEST_CASE("an answer of an earlier request cannot reach a later one") {
  Conversation talk;
  std::shared_ptr<Exchange> first;
  talk.stream("GET", "/first", [&first](const Request&, std::shared_ptr<Exchange> exchange) {
    first = exchange;
    exchange->send(Response::text(200, "first"));
  });
  std::optional<Responder> second;
  talk.get("/second",
           [&second](const Request&, Responder respond) { second.emplace(std::move(respond)); });
  const auto client = talk.connect();
  client->send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  talk.await([&second] { return second.has_value(); });
  CHECK(first->closed());
  first->send(Response::text(200, "again"));
  first->begin_stream(Response::text(200, "again"));
  second->send(Response::text(200, "second"));
  talk.await_text(*client, "second");
  CHECK(client->received().find("again") == std::string::npos);
}
