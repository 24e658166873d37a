#include "middleware/event_streams.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "server/conversation.hpp"

using namespace ops::middleware;
using namespace std::chrono_literals;
using ops::deploy::DeployEvent;

namespace {

// Deploys whose events a test makes, and a server on which clients follow them at /<deploy>.
struct Followed {
  std::map<std::string, std::vector<DeployEvent>, std::less<>> deploys;
  Conversation talk;
  std::chrono::milliseconds comment_period;
  EventStreams streams{talk.loop(),
                       {.events = [this](std::string_view deploy, std::uint64_t after,
                                         std::size_t most) { return read(deploy, after, most); },
                        .has_ended =
                            [this](std::string_view deploy) {
                              const auto& events = deploys[std::string(deploy)];
                              return !events.empty() && events.back().name == "stream.end";
                            }},
                       comment_period};
  std::size_t most_read_at_once = 0;
  int reads = 0;

  explicit Followed(const ServerLimits& limits = {}, std::chrono::milliseconds comments = 10s)
      : talk(limits), comment_period(comments) {
    for (const char* deploy : {"one", "two"}) {
      talk.stream("GET", std::string("/") + deploy,
                  [this, deploy](const Request&, std::shared_ptr<Exchange> exchange) {
                    streams.open(deploy, 0, std::move(exchange));
                  });
    }
    talk.get("/ping",
             [](const Request&, Responder respond) { respond.send(Response::text(200, "pong")); });
  }

  void add(const std::string& deploy, const std::string& name, const std::string& json = "{}") {
    auto& events = deploys[deploy];
    events.push_back({events.size() + 1, name, json});
  }

 private:
  std::vector<DeployEvent> read(std::string_view deploy, std::uint64_t after, std::size_t most) {
    ++reads;
    const auto& events = deploys[std::string(deploy)];
    const auto first =
        events.begin() + static_cast<long>(std::min<std::size_t>(after, events.size()));
    const auto count = std::min<std::size_t>(most, static_cast<std::size_t>(events.end() - first));
    most_read_at_once = std::max(most_read_at_once, count);
    return {first, first + static_cast<long>(count)};
  }
};

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("what happens reaches those who follow, and only the deploy that they follow") {
  Followed followed;
  followed.add("one", "production.building", R"({"message":"first"})");
  const auto one = followed.talk.connect(), two = followed.talk.connect();
  one->send(get("/one"));
  two->send(get("/two"));
  followed.talk.await_text(*one,
                           "id: 1\nevent: production.building\ndata: {\"message\":\"first\"}");
  followed.talk.await_text(*two, "retry: 200");
  followed.add("one", "stream.end");
  followed.streams.pump();
  followed.talk.await_text(*one, "id: 2\nevent: stream.end\ndata: {}\n\n\r\n0\r\n\r\n");
  CHECK(two->received().find("id:") == std::string::npos);
}

TEST_CASE("a client that asks for the stream again on the same connection gets it again") {
  Followed followed;
  const auto client = followed.talk.connect();
  client->send(get("/one") + get("/one") + get("/one") + get("/ping"));
  const auto other = followed.talk.connect();
  other->send(get("/one"));
  followed.talk.await_text(*client, "retry: 200");
  followed.talk.await_text(*other, "retry: 200");
  followed.add("one", "production.starting");
  followed.add("one", "stream.end");
  followed.streams.pump();
  followed.talk.await_text(*client, "pong");
  followed.talk.await_text(*other, "stream.end");
  CHECK(count(client->received(), "event: stream.end") == 3);
}

TEST_CASE("requests that wait behind a stream begin streams of deploys that go on") {
  Followed followed;
  const auto client = followed.talk.connect();
  client->send(get("/one") + get("/two"));
  followed.talk.await_text(*client, "retry: 200");
  followed.add("one", "stream.end");
  followed.streams.pump();
  followed.add("two", "production.building");
  followed.streams.pump();
  followed.talk.await_text(*client, "event: production.building");
  client->send(get("/ping"));
  followed.add("two", "stream.end");
  followed.streams.pump();
  followed.talk.await_text(*client, "pong");
}

TEST_CASE("a long log is told in slices, and others are served between them") {
  Followed followed;
  const std::string line(40'000, 'x');
  for (int i = 0; i < 500; ++i) followed.add("one", "production.building", line);
  followed.add("one", "stream.end");
  const auto follower = followed.talk.connect(), other = followed.talk.connect();
  follower->send(get("/one"));
  followed.talk.await_text(*follower, "id: 1\n");
  other->send(get("/ping"));
  followed.talk.await_text(*other, "pong");
  CHECK(follower->received().find("stream.end") == std::string::npos);
  followed.talk.await_text(*follower, "event: stream.end");
  CHECK(count(follower->received(), "\nevent: ") == 501);
  CHECK(followed.most_read_at_once < 20);
}

TEST_CASE("followers that read nothing cost little, and what they cost has an end") {
  Followed followed;
  const std::string line(40'000, 'x');
  for (int i = 0; i < 2'000; ++i) followed.add("one", "production.building", line);
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::shared_ptr<Exchange>> exchanges;
  followed.talk.stream("GET", "/kept",
                       [&](const Request&, const std::shared_ptr<Exchange>& exchange) {
                         exchanges.push_back(exchange);
                         followed.streams.open("one", 0, exchange);
                       });
  for (std::size_t i = 0; i <= EventStreams::most_followers; ++i) {
    clients.push_back(followed.talk.connect_directly());
    clients.back()->send(get("/kept"));
    if (i < EventStreams::most_followers) clients.back()->read_nothing();
  }
  followed.talk.await_text(*clients.back(), "too-many-followers");
  CHECK(clients.back()->received().find("HTTP/1.1 503 ") == 0);
  const auto waiting = [&] {
    return std::ranges::all_of(exchanges.begin(), exchanges.end() - 1,
                               [](const auto& exchange) { return exchange->queued() > 0; });
  };
  followed.talk.await(waiting);
  for (const auto& exchange : exchanges) CHECK(exchange->queued() < 300'000);
  const int reads = followed.reads;
  followed.talk.loop().run_pending();
  CHECK(followed.reads == reads);

  clients.front().reset();
  followed.talk.await([&] { return exchanges.front()->closed(); });
  clients.back()->take();
  clients.back()->send(get("/one"));
  followed.talk.await_text(*clients.back(), "id: 1\n");
}

TEST_CASE("a stream begins before there is anything to tell, and a quiet one is kept open") {
  Followed followed({}, 5ms);
  const auto client = followed.talk.connect();
  client->send(get("/one"));
  followed.talk.await_text(*client, ": ok\nretry: 200\n\n");
  followed.talk.await([&] { return count(client->received(), ": still here\n\n") >= 3; });
  CHECK(client->received().find("id: ") == std::string::npos);
}

TEST_CASE("a stream whose last event was seen is not begun") {
  Followed followed;
  followed.add("one", "stream.end");
  followed.talk.stream("GET", "/seen", [&](const Request&, std::shared_ptr<Exchange> exchange) {
    followed.streams.open("one", 1, std::move(exchange));
  });
  const auto client = followed.talk.connect();
  client->send(get("/seen"));
  followed.talk.await_text(*client, "HTTP/1.1 204 ");
}
