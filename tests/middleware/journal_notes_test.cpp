#include "middleware/journal_notes.hpp"

#include <string>
#include <vector>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "loop/timer.hpp"
#include "manual_clock.hpp"
#include "temporary_directory.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;
using release::EventKind;

struct NotedJournal {
  TemporaryDirectory place;
  ManualClock clock;
  base::Log log{"test", base::Log::Format::text, base::Log::Level::off};
  Result<base::UniqueFd> directory = base::open_directory(place.path());
  loop::Loop loop;
  JournalNotes notes{loop, directory->get(), log, clock, {.at_once = 3, .period = 1min}};

  bool add(const std::string& by) {
    return notes.add({.event = EventKind::login_failed, .by = by, .reason = "wrong"});
  }
  std::vector<release::JournalEntry> lines() {
    loop.run();
    return release::Journal(directory->get(), clock).read().value();
  }
};

TEST_CASE_METHOD(NotedJournal, "notes are lines of the journal, in their order") {
  for (const char* by : {"a@1", "b@2", "c@3"}) CHECK(add(by));
  const auto written = lines();
  REQUIRE(written.size() == 3);
  CHECK(written[0].by == "a@1");
  CHECK(written[2].by == "c@3");
  CHECK(written[2].event == EventKind::login_failed);
  CHECK(written[2].reason == "wrong");
  CHECK(release::Journal(directory->get(), clock).verify().ok());
}

TEST_CASE_METHOD(NotedJournal,
                 "nobody fills the journal by notes, and what is left out is counted") {
  for (int i = 0; i < 100'000; ++i) add(std::to_string(i) + "@attacker");
  CHECK(lines().size() == 3);
  clock.advance(1min);
  CHECK(add("later@attacker"));
  const auto written = lines();
  REQUIRE(written.size() == 4);
  CHECK(written[3].reason == "wrong (and 99997 more since the last such line)");
}

TEST_CASE_METHOD(NotedJournal, "a note is written although whoever noted it has gone") {
  auto leaving =
      std::make_unique<JournalNotes>(loop, directory->get(), log, clock, JournalNotes::Rate{});
  leaving->add({.event = EventKind::refused, .by = "a@1"});
  leaving.reset();
  CHECK(lines().size() == 1);
}

TEST_CASE_METHOD(NotedJournal, "a journal that cannot be written keeps nobody from noting on") {
  std::filesystem::create_directory(place.path() / "releases.log");
  CHECK(add("a@1"));
  loop.run();
  std::filesystem::remove(place.path() / "releases.log");
  CHECK(add("b@2"));
  CHECK(lines().size() == 1);
}

}  // namespace
}  // namespace ops::middleware
