#include "release/history.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "catch.hpp"
#include "journal_lines.hpp"
#include "soak.hpp"

using namespace ops::release;

namespace {

JournalEntry forced_switch(const std::string& release) {
  JournalEntry entry = line(EventKind::switched, release);
  entry.forced = true;
  return entry;
}

}  // namespace

TEST_CASE("before the first line there is only the image, and it is healthy") {
  const History history;
  CHECK(history.releases().empty());
  CHECK(history.standing("image") == Standing::healthy);
  CHECK(history.standing("anything") == Standing::trial);
  CHECK(history.healthy_before("anything") == "image");
  CHECK(history.deploy_of("anything").empty());
  CHECK(history.find("image") == nullptr);
}

TEST_CASE("a release is on trial until it was healthy") {
  Lines lines{line(EventKind::image, "image"), line(EventKind::published, "a", "d-1"),
              line(EventKind::switched, "a", "d-1")};
  CHECK(History(lines).standing("a") == Standing::trial);
  CHECK(History(lines).healthy_order() == Names{"image"});
  lines.push_back(line(EventKind::healthy, "a"));
  const History history(lines);
  CHECK(history.standing("a") == Standing::healthy);
  CHECK(history.healthy_order() == Names{"image", "a"});
  CHECK(history.healthy_before("a") == "image");
  CHECK(history.deploy_of("a") == "d-1");
}

TEST_CASE("a published release keeps its hashes") {
  JournalEntry published = line(EventKind::published, "a");
  published.hash = "full";
  published.source = "source";
  published.time = std::chrono::system_clock::time_point(std::chrono::hours(5));
  const History history({published});
  REQUIRE(history.find("a") != nullptr);
  CHECK(history.find("a")->hash == "full");
  CHECK(history.find("a")->source == "source");
  CHECK(history.find("a")->created == published.time);
}

TEST_CASE("a failed trial marks the release, a failed deploy marks none") {
  Lines lines;
  deploy_healthy(lines, "a");
  lines.push_back(line(EventKind::failed, "", "d-2"));
  lines.push_back(line(EventKind::published, "b", "d-3"));
  lines.push_back(line(EventKind::switched, "b", "d-3"));
  lines.push_back(line(EventKind::failed, "b", "d-3"));
  lines.push_back(line(EventKind::reverted, "a", "d-3"));
  History history(lines);
  CHECK(history.standing("a") == Standing::healthy);
  CHECK(history.standing("b") == Standing::failed);
  CHECK(history.deploy_of("a") == "d-a");

  SECTION("it goes on trial again when it is deployed by force") {
    lines.push_back(forced_switch("b"));
    CHECK(History(lines).standing("b") == Standing::trial);
  }
  SECTION("and not otherwise") {
    lines.push_back(line(EventKind::switched, "b"));
    CHECK(History(lines).standing("b") == Standing::failed);
  }
  SECTION("that it failed is remembered after it was removed") {
    lines.push_back(line(EventKind::removed, "b"));
    lines.push_back(line(EventKind::published, "b"));
    CHECK(History(lines).standing("b") == Standing::failed);
    CHECK_FALSE(History(lines).find("b")->removed);
  }
}

TEST_CASE("the image never fails and is never removed") {
  const History history({line(EventKind::image, "image"), line(EventKind::failed, "image"),
                         line(EventKind::removed, "image")});
  CHECK(history.standing("image") == Standing::healthy);
  CHECK_FALSE(history.find("image")->removed);
  CHECK(history.healthy_order() == Names{"image"});
}

TEST_CASE("a revert takes the turn, so that previous becomes the next older one") {
  Lines lines{line(EventKind::image, "image")};
  deploy_healthy(lines, "a");
  deploy_healthy(lines, "b");
  lines.push_back(line(EventKind::switched, "c"));
  CHECK(History(lines).healthy_before("c") == "b");
  lines.push_back(line(EventKind::failed, "c"));
  lines.push_back(line(EventKind::reverted, "b"));
  CHECK(History(lines).healthy_before("b") == "a");
}

TEST_CASE("a rollback takes the turn, so that it works in both directions") {
  Lines lines{line(EventKind::image, "image")};
  deploy_healthy(lines, "a");
  deploy_healthy(lines, "b");
  lines.push_back(line(EventKind::rolled_back, "a", "d-9"));
  CHECK(History(lines).healthy_order() == Names{"image", "b", "a"});
  CHECK(History(lines).healthy_before("a") == "b");
  CHECK(History(lines).deploy_of("a") == "d-9");
  lines.push_back(line(EventKind::rolled_back, "b"));
  CHECK(History(lines).healthy_before("b") == "a");
}

TEST_CASE("whatever is switched to awaits readiness, also when it was healthy long ago") {
  Lines lines{line(EventKind::image, "image")};
  CHECK_FALSE(History(lines).awaits_readiness("image"));
  deploy_healthy(lines, "a");
  deploy_healthy(lines, "b");
  CHECK_FALSE(History(lines).awaits_readiness("b"));
  lines.push_back(line(EventKind::rolled_back, "a"));
  CHECK(History(lines).awaits_readiness("a"));
  CHECK(History(lines).standing("a") == Standing::healthy);
  SECTION("until it is healthy") { lines.push_back(line(EventKind::healthy, "a")); }
  SECTION("until it failed") { lines.push_back(line(EventKind::failed, "a")); }
  SECTION("until another takes over") { lines.push_back(line(EventKind::reverted, "b")); }
  CHECK_FALSE(History(lines).awaits_readiness("a"));
  lines.push_back(line(EventKind::rolled_back, "image"));
  CHECK_FALSE(History(lines).awaits_readiness("image"));
}

TEST_CASE("a newer image takes the turn and its name is kept") {
  JournalEntry first = line(EventKind::image, "image");
  first.hash = "v1";
  JournalEntry second = first;
  second.hash = "v2";
  Lines lines{first};
  deploy_healthy(lines, "a");
  lines.push_back(second);
  const History history(lines);
  CHECK(history.healthy_order() == Names{"a", "image"});
  CHECK(history.healthy_before("image") == "a");
  CHECK(history.find("image")->hash == "v2");
}

TEST_CASE("a removed release that comes back must prove itself again") {
  Lines lines;
  deploy_healthy(lines, "a");
  lines.push_back(line(EventKind::removed, "a"));
  CHECK(History(lines).healthy_order().empty());
  CHECK(History(lines).find("a")->removed);
  lines.push_back(line(EventKind::published, "a"));
  CHECK(History(lines).standing("a") == Standing::trial);
}

TEST_CASE("deploying content again that is still there leaves it healthy") {
  Lines lines;
  deploy_healthy(lines, "a");
  deploy_healthy(lines, "b");
  lines.push_back(line(EventKind::published, "a"));
  lines.push_back(line(EventKind::switched, "a"));
  CHECK(History(lines).standing("a") == Standing::healthy);
  CHECK(History(lines).healthy_order() == Names{"b", "a"});
}

TEST_CASE("the last healthy releases stay, never fewer than two") {
  Lines lines{line(EventKind::image, "image")};
  for (const char* id : {"a", "b", "c", "d"}) deploy_healthy(lines, id);
  const History history(lines);
  CHECK(to_remove(history, "d", "c", 2) == Names{"a", "b"});
  CHECK(to_remove(history, "d", "c", 3) == Names{"a"});
  CHECK(to_remove(history, "d", "c", 4).empty());
  CHECK(to_remove(history, "d", "c", 0) == Names{"a", "b"});
  CHECK(to_remove(history, "a", "b", 2).empty());
  CHECK(to_remove(history, "image", "d", 2) == Names{"a", "b"});
}

TEST_CASE("failed releases go, and those without a verdict that nobody waits for") {
  Lines lines;
  deploy_healthy(lines, "a");
  lines.push_back(line(EventKind::published, "bad"));
  lines.push_back(line(EventKind::failed, "bad"));
  lines.push_back(line(EventKind::published, "overtaken"));
  lines.push_back(line(EventKind::switched, "overtaken"));
  lines.push_back(line(EventKind::image, "image"));
  CHECK(to_remove(History(lines), "image", "a", 2) == Names{"bad", "overtaken"});
  CHECK(to_remove(History(lines), "bad", "a", 2) == Names{"overtaken"});
  lines.push_back(line(EventKind::switched, "overtaken"));
  CHECK(to_remove(History(lines), "image", "a", 2) == Names{"bad"});
}

TEST_CASE("a history that is told line by line is the history of all lines") {
  Lines lines{line(EventKind::image, "image")};
  for (const char* id : {"a", "b", "c"}) deploy_healthy(lines, id);
  History history;
  for (const JournalEntry& entry : lines) history.add(entry);
  CHECK(history.healthy_order() == History(lines).healthy_order());
  CHECK(history.releases().size() == 4);
  REQUIRE(history.find("b") != nullptr);
  CHECK(history.find("b")->deploy == "d-b");
  REQUIRE(history.last_switch());
  CHECK(history.last_switch()->release == "c");
  CHECK(history.last_switch()->deploy == "d-c");
}

namespace {

// A journal as no program would write it: any event of any release, in any order.
Lines random_lines(std::mt19937& random) {
  const Names names{"image", "a", "b", "c", "d", "e", "f", ""};
  Lines lines;
  const std::size_t count = random() % 40;
  for (std::size_t n = 0; n < count; ++n) {
    lines.push_back(line(static_cast<EventKind>(random() % 14), names[random() % names.size()]));
    lines.back().forced = random() % 4 == 0;
  }
  return lines;
}

// A million in the long runs.
int rounds() { return soak_size(20'000, 1'000'000); }

bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("whatever the history, retention removes nothing that is needed") {
  std::mt19937 random(20260504);
  const Names names{"image", "a", "b", "c", "d", "e", "f", "unknown"};
  std::size_t removed = 0;
  const int count = rounds();
  for (int round = 0; round < count; ++round) {
    const History history(random_lines(random));
    const std::string current = names[random() % names.size()];
    const std::string previous = names[random() % names.size()];
    const std::size_t keep = random() % 5;
    const Names gone = to_remove(history, current, previous, keep);
    removed += gone.size();

    bool sound = std::set<std::string>(gone.begin(), gone.end()).size() == gone.size();
    for (const auto& id : gone) {
      const ReleaseRecord* release = history.find(id);
      sound = sound && id != current && id != previous && id != "image" && release != nullptr &&
              !release->removed && !history.awaits_readiness(id);
    }
    Names healthy = history.healthy_order();
    std::erase(healthy, "image");
    const std::size_t must_stay = std::min(healthy.size(), std::max<std::size_t>(keep, 2));
    for (std::size_t n = 0; n < must_stay; ++n) {
      sound = sound && !holds(gone, healthy[healthy.size() - 1 - n]);
    }
    if (!sound) {
      INFO("round " << round);
      CHECK(sound);
    }
  }
  CHECK(removed > 1'000);
}

TEST_CASE("whatever the history, the way back leads to a healthy release that is another one") {
  std::mt19937 random(4);
  const Names names{"image", "a", "b", "c", "d", "e", "f", "unknown"};
  const int count = rounds();
  for (int round = 0; round < count; ++round) {
    const History history(random_lines(random));
    const auto& order = history.healthy_order();
    bool sound = std::set<std::string>(order.begin(), order.end()).size() == order.size();
    for (const auto& id : names) {
      const std::string before = history.healthy_before(id);
      const ReleaseRecord* release = history.find(before);
      sound = sound && history.standing(before) == Standing::healthy;
      sound = sound && (before != id || id == "image");
      sound = sound && (before == "image" || (release != nullptr && !release->removed));
    }
    if (!sound) {
      INFO("round " << round);
      CHECK(sound);
    }
  }
}
