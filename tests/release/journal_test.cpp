#include "release/journal.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/durable_file.hpp"
#include "base/sha256.hpp"
#include "catch.hpp"
#include "manual_clock.hpp"
#include "release/journal_line.hpp"
#include "temporary_directory.hpp"

using namespace ops::release;

namespace {

struct JournalPlace {
  TemporaryDirectory directory;
  ManualClock clock;
  ops::base::UniqueFd fd = std::move(ops::base::open_directory(directory.path())).value();
  Journal journal{fd.get(), clock};

  [[nodiscard]] std::string text() const { return directory.read("releases.log"); }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> found;
    std::string_view rest;
    const std::string whole = text();
    for (rest = whole; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      found.emplace_back(rest.substr(0, rest.find('\n')));
    }
    return found;
  }
  void append(EventKind event, const std::string& reason = "") {
    JournalEntry entry;
    entry.event = event;
    entry.reason = reason;
    REQUIRE(journal.append(entry).ok());
  }
};

}  // namespace

TEST_CASE("what is appended is read back, field by field") {
  JournalPlace place;
  JournalEntry entry;
  entry.event = EventKind::rolled_back;
  entry.release = "3f9a1c20b7e4";
  entry.hash = std::string(64, 'a');
  entry.source = std::string(64, 'b');
  entry.deploy = "d-1";
  entry.by = "bot@laptop";
  entry.reason = "line one\nline \"two\"";
  entry.timings = {{"building", 12}, {"receiving", 3}};
  entry.forced = true;
  entry.keep = 5;
  REQUIRE(place.journal.append(entry).ok());
  const auto read = place.journal.read();
  REQUIRE(read.ok());
  REQUIRE(read->size() == 1);
  const JournalEntry& back = read->front();
  CHECK(back.event == EventKind::rolled_back);
  CHECK(back.time == place.clock.wall());
  CHECK(back.release == entry.release);
  CHECK(back.hash == entry.hash);
  CHECK(back.source == entry.source);
  CHECK(back.deploy == entry.deploy);
  CHECK(back.by == entry.by);
  CHECK(back.reason == entry.reason);
  CHECK(back.timings == entry.timings);
  CHECK(back.forced);
  CHECK(back.keep == 5);
  CHECK(place.lines().front().starts_with(
      R"({"time":"2026-05-04T00:00:00.000Z","event":"rolled-back","release":"3f9a1c20b7e4",)"));
}

TEST_CASE("every event has a name of its own that is read back") {
  for (int kind = 0; kind <= static_cast<int>(EventKind::login_failed); ++kind) {
    JournalEntry entry;
    entry.event = static_cast<EventKind>(kind);
    const auto back = from_line(to_line(entry, ""));
    REQUIRE(back.ok());
    REQUIRE(back->has_value());
    CHECK((*back)->event == entry.event);
  }
}

TEST_CASE("each line carries the hash of the line before") {
  JournalPlace place;
  for (int n = 0; n < 3; ++n) place.append(EventKind::received, std::to_string(n));
  const auto lines = place.lines();
  REQUIRE(lines.size() == 3);
  CHECK(previous_hash(lines[0]).empty());
  CHECK(previous_hash(lines[1]) == ops::base::to_hex(ops::base::sha256(lines[0])));
  CHECK(previous_hash(lines[2]) == ops::base::to_hex(ops::base::sha256(lines[1])));
  CHECK(place.journal.verify().ok());
}

TEST_CASE("a line that was changed, removed or put in is found") {
  JournalPlace place;
  for (int n = 0; n < 4; ++n) place.append(EventKind::received, "r" + std::to_string(n));
  auto lines = place.lines();
  SECTION("changed") { std::replace(lines[1].begin(), lines[1].end(), '1', '9'); }
  SECTION("removed") { lines.erase(lines.begin() + 1); }
  SECTION("removed at the front") { lines.erase(lines.begin()); }
  SECTION("put in") { lines.insert(lines.begin() + 2, lines[0]); }
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  place.directory.write("releases.log", text);
  const auto verified = place.journal.verify();
  REQUIRE_FALSE(verified.ok());
  INFO(verified.error().message);
  CHECK(verified.error().message.starts_with("cannot read releases.log: line "));
}

TEST_CASE("a torn last line is left out by readers and cut off by the next append") {
  JournalPlace place;
  place.append(EventKind::received, "whole");
  const std::string whole = place.text();
  const std::string torn = GENERATE(std::string("{\"time\":\"2026"), std::string("x"),
                                    std::string(8, '\0'), std::string(70'000, 'y'));
  place.directory.write("releases.log", whole + torn);
  REQUIRE(place.journal.read().ok());
  CHECK(place.journal.read()->size() == 1);
  place.append(EventKind::failed, "next");
  CHECK(place.text().starts_with(whole));
  CHECK(place.lines().size() == 2);
  CHECK(place.journal.verify().ok());
}

TEST_CASE("a first line that is torn is cut off, too") {
  JournalPlace place;
  place.directory.write("releases.log", "{\"time\"");
  CHECK(place.journal.read()->empty());
  place.append(EventKind::received);
  CHECK(place.journal.read()->size() == 1);
}

TEST_CASE("a line that cannot be read is passed over, and the rest is told") {
  JournalPlace place;
  place.append(EventKind::received);
  const std::string broken = GENERATE(std::string("no json"), std::string("[]"), std::string("{}"),
                                      std::string(R"({"event":"failed"})"),
                                      std::string(R"({"event":"failed","time":"yesterday"})"));
  place.directory.write("releases.log", place.text() + broken + "\n" + place.text());
  REQUIRE(place.journal.read().ok());
  CHECK(place.journal.read()->size() == 2);
  place.append(EventKind::failed, "goes on");
  CHECK(place.journal.read()->size() == 3);
}

TEST_CASE("garbage at the end that is longer than any line is cut off by the next append") {
  JournalPlace place;
  place.append(EventKind::received, "whole");
  const std::string whole = place.text();
  place.directory.write("releases.log", whole + std::string(1'000'000, '\0'));
  place.append(EventKind::failed, "next");
  CHECK(place.text().starts_with(whole));
  CHECK(place.lines().size() == 2);
  CHECK(place.journal.verify().ok());
}

TEST_CASE("a line that is longer than any that was written here is passed over") {
  JournalPlace place;
  place.append(EventKind::received, "whole");
  place.directory.write("releases.log", place.text() + std::string(1'000'000, ' ') +
                                            place.lines().front() + "\n" + place.text());
  REQUIRE(place.journal.read().ok());
  CHECK(place.journal.read()->size() == 2);
  place.append(EventKind::failed, "next");
  CHECK(place.journal.read()->size() == 3);
}

TEST_CASE("events and keys of a later version are passed over") {
  JournalPlace place;
  place.directory.write("releases.log",
                        R"({"time":"2026-05-04T00:00:00Z","event":"teleported","release":"x"})"
                        "\n"
                        R"({"time":"2026-05-04T00:00:00Z","event":"failed","colour":["red"]})"
                        "\n");
  const auto read = place.journal.read();
  REQUIRE(read.ok());
  REQUIRE(read->size() == 1);
  CHECK(read->front().event == EventKind::failed);
}

TEST_CASE("a long reason is cut in its middle, so that a line stays below its limit") {
  JournalPlace place;
  // Control bytes are written as six.
  const std::string reason = "first words" + std::string(200'000, '\x01') + "last words";
  place.append(EventKind::failed, reason);
  CHECK(place.text().size() <= longest_line);
  const auto read = place.journal.read();
  REQUIRE(read.ok());
  CHECK(read->front().reason.starts_with("first words"));
  CHECK(read->front().reason.ends_with("last words"));
}

TEST_CASE("bytes that are no UTF-8 do not break a line") {
  JournalPlace place;
  place.append(EventKind::failed, "caf\xe9 \xff\xfe");
  REQUIRE(place.journal.read().ok());
  CHECK(place.journal.read()->front().reason.starts_with("caf"));
}

TEST_CASE("no journal is an empty one, and reading creates nothing") {
  JournalPlace place;
  REQUIRE(place.journal.read().ok());
  CHECK(place.journal.read()->empty());
  CHECK(place.journal.verify().ok());
  CHECK(std::filesystem::is_empty(place.directory.path()));
}

TEST_CASE("two processes that append at once lose no line and break no chain") {
  JournalPlace place;
  constexpr int lines_each = 40;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  for (int n = 0; n < lines_each; ++n) {
    JournalEntry entry;
    entry.event = EventKind::login_failed;
    entry.by = child == 0 ? "child" : "parent";
    const bool appended = place.journal.append(entry).ok();
    if (child == 0 && !appended) ::_exit(1);
  }
  if (child == 0) ::_exit(0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(place.journal.verify().ok());
  CHECK(place.journal.read()->size() == 2 * lines_each);
}

TEST_CASE("a journal that cannot be written is an error and leaves no part of a line") {
  JournalPlace place;
  place.append(EventKind::received);
  std::filesystem::rename(place.directory.file("releases.log"), place.directory.file("kept"));
  std::filesystem::create_symlink("kept", place.directory.file("releases.log"));
  CHECK_FALSE(place.journal.append({}).ok());
}
