#include "deploy/event_feed.hpp"

#include "catch.hpp"
#include "temporary_directory.hpp"

using namespace ops::deploy;

namespace {

struct Feed {
  TemporaryDirectory place;
  LogLines lines{place.path()};
  DeploySettings settings;
  DeployRecord record;

  Feed() {
    record.status.deploy = "d";
    record.status.release = "3f9a1c20b7e4";
    settings.url = "http://127.0.0.1:8080";
    settings.port = 8080;
  }
  std::vector<DeployEvent> after(std::uint64_t number, std::size_t most = 100) {
    return events_of(record, lines, settings, number, most);
  }
  std::string text(std::uint64_t number = 0) {
    std::string all;
    for (const auto& event : after(number)) {
      all += std::to_string(event.number) + " " + event.name + " " + event.json + "\n";
    }
    return all;
  }
};

}  // namespace

TEST_CASE("a deploy without news has no events") {
  Feed feed;
  CHECK(feed.after(0).empty());
}

TEST_CASE("a deploy that comes to serve tells its build, its start, its readiness and its end") {
  Feed feed;
  feed.place.write("logs/d.log", "one\ntwo \"quoted\"\n");
  feed.record.status.state = DeployState::building;
  CHECK(feed.text() ==
        "1 production.building {\"message\":\"one\"}\n"
        "2 production.building {\"message\":\"two \\\"quoted\\\"\"}\n");
  feed.record.switched = true;
  feed.record.status.state = DeployState::starting;
  CHECK(feed.text(2) ==
        "3 production.starting {\"message\":\"release 3f9a1c20b7e4 is starting\"}\n");
  feed.record.status.state = DeployState::running;
  CHECK(feed.text(3) ==
        "4 production.ready {\"status\":\"running\",\"url\":\"http://127.0.0.1:8080\","
        "\"port\":8080,\"hash\":\"3f9a1c20b7e4\"}\n"
        "5 stream.end {\"state\":\"running\"}\n");
  CHECK(feed.after(5).empty());
  CHECK(feed.after(500).empty());
}

TEST_CASE("a deploy that fails tells the error") {
  Feed feed;
  feed.record.status.error = {"build-failed", "the build command exited with status 3"};
  feed.record.status.state = GENERATE(DeployState::failed, DeployState::rolled_back);
  const auto events = feed.after(0);
  REQUIRE(events.size() == 2);
  CHECK(events[0].name == "production.error");
  CHECK(events[0].json == R"({"error":"the build command exited with status 3"})");
  CHECK(events[1].name == "stream.end");
}

TEST_CASE("a deploy that changes nothing just ends") {
  Feed feed;
  feed.record.status.state = DeployState::unchanged;
  CHECK(feed.text() == "1 stream.end {\"state\":\"unchanged\"}\n");
}

TEST_CASE("reading on from any number gives the same events as reading all at once") {
  Feed feed;
  std::string log;
  for (int n = 0; n < 600; ++n) log += "line " + std::to_string(n) + "\n";
  feed.place.write("logs/d.log", log);
  feed.record.switched = true;
  feed.record.status.state = DeployState::running;
  const auto all = feed.after(0, 10'000);
  REQUIRE(all.size() == 603);
  for (std::size_t n = 0; n < all.size(); n += 50) {
    const auto rest = feed.after(n, 10'000);
    REQUIRE(rest.size() == all.size() - n);
    CHECK(rest.front().number == n + 1);
    CHECK(rest.front().json == all[n].json);
  }
  std::uint64_t number = 0;
  for (auto some = feed.after(0, 7); !some.empty(); some = feed.after(number, 7)) {
    CHECK(some.size() <= 7);
    CHECK(some.front().number == number + 1);
    number = some.back().number;
  }
  CHECK(number == 603);
}

TEST_CASE("build output that is no UTF-8 becomes JSON all the same") {
  Feed feed;
  feed.place.write("logs/d.log", "caf\xe9 \x1b[31m\n");
  CHECK(feed.text() == "1 production.building {\"message\":\"caf\xef\xbf\xbd \\u001b[31m\"}\n");
}
