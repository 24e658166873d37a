#include "base/durable_file.hpp"
#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "release/journal.hpp"
#include "release/journal_line.hpp"
#include "temporary_directory.hpp"

using ops::cli::ExitCode;
using ops::release::EventKind;
using ops::release::JournalEntry;

namespace {

std::string hash_of(const std::string& line) { return ops::base::to_hex(ops::base::sha256(line)); }

/// A journal of so many lines; `first` is what its first line tells.
std::vector<std::string> journal_lines(std::size_t count, const JournalEntry& first) {
  std::vector<std::string> lines{to_line(first, "")};
  JournalEntry entry;
  entry.event = EventKind::received;
  entry.by = "bot@laptop";
  while (lines.size() < count) lines.push_back(to_line(entry, hash_of(lines.back())));
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

struct AuditRun : CliRun {
  AuditRun() { directory = place.path(); }
  ExitCode audit() { return (*this)({"audit", "verify"}); }
  void write(const std::vector<std::string>& lines, const std::string& name = "releases.log") {
    place.write("releases/" + name, joined(lines));
  }
  TemporaryDirectory place;
};

}  // namespace

TEST_CASE("audit verify says how many lines are sound, and what the last one's hash is") {
  AuditRun run;
  const auto lines = journal_lines(4, {.event = EventKind::image});
  run.write(lines);
  CHECK(run.audit() == ExitCode::done);
  CHECK(contains(run.out, "releases/releases.log: 4 lines, each carries the hash"));
  CHECK(contains(run.out, "last line: " + hash_of(lines.back())));
  CHECK(run({"audit", "verify", "releases/releases.log", "--json"}) == ExitCode::done);
  CHECK(run.json()["files"][0]["lines"] == 4);
  CHECK(run.json()["files"][0]["lastHash"] == hash_of(lines.back()));
}

TEST_CASE("audit verify names the first line that does not fit") {
  AuditRun run;
  auto lines = journal_lines(5, {.event = EventKind::image});
  SECTION("changed") { lines[2].replace(lines[2].find("laptop"), 6, "tablet"); }
  SECTION("taken out") { lines.erase(lines.begin() + 3); }
  run.write(lines);
  CHECK(run.audit() == ExitCode::other);
  CHECK(contains(run.err, "releases.log: line 4: it does not carry the hash of the line before"));
}

TEST_CASE("audit verify goes back into the journal that was put aside") {
  AuditRun run;
  auto older = journal_lines(6, {.event = EventKind::image});
  const std::string last = hash_of(older.back());
  run.write(journal_lines(3, {.event = EventKind::compacted, .hash = last}));
  SECTION("where it is whole") {
    run.write(older, "releases.log.1");
    CHECK(run.audit() == ExitCode::done);
    CHECK(contains(run.out, "releases.log.1: 6 lines"));
  }
  SECTION("where lines at its end are missing") {
    older.pop_back();
    run.write(older, "releases.log.1");
    CHECK(run.audit() == ExitCode::other);
    CHECK(contains(run.err, "lines at its end are missing"));
  }
  SECTION("where it is gone") {
    CHECK(run.audit() == ExitCode::other);
    CHECK(contains(run.err, "continues an older journal: cannot open "));
  }
}

TEST_CASE("audit verify does not take an emptied journal for a sound one") {
  AuditRun run;
  run.write({});
  CHECK(run.audit() == ExitCode::other);
  CHECK(contains(run.err, "has no line"));
}

TEST_CASE("audit verify without a journal says which file it looked for") {
  AuditRun run;
  CHECK(run.audit() == ExitCode::other);
  CHECK(contains(run.err, "releases/releases.log: No such file or directory"));
}
