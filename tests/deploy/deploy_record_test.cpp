#include "deploy/deploy_record.hpp"

#include "catch.hpp"
#include "journal_line_of.hpp"

using namespace ops::deploy;
using ops::release::EventKind;
using Entries = std::vector<ops::release::JournalEntry>;

namespace {

Entries published() {
  Entries lines{line_of(EventKind::image, "", "image"), line_of(EventKind::received, "d1", "", 1),
                line_of(EventKind::built, "d1", "", 2),
                line_of(EventKind::published, "d1", "a", 3)};
  lines[1].source = "source";
  lines[1].timings = {{"receiving", 20}, {"extracting", 30}};
  lines[2].timings = {{"building", 900}};
  return lines;
}

DeployStatus status_of(const Entries& lines) {
  const auto record = DeployRecords(lines).find("d1");
  REQUIRE(record);
  return record->status;
}

}  // namespace

TEST_CASE("a deploy that the journal does not name is not known") {
  CHECK_FALSE(DeployRecords(published()).find("d2"));
  CHECK_FALSE(DeployRecords(published()).find(""));
}

TEST_CASE("a deploy goes on from line to line") {
  Entries lines = published();
  CHECK(status_of({lines[0], lines[1]}).state == DeployState::extracting);
  CHECK(status_of({lines[0], lines[1], lines[2]}).state == DeployState::building);
  const DeployStatus status = status_of(lines);
  CHECK(status.state == DeployState::building);
  CHECK(status.release == "a");
  CHECK(status.source == "source");
  CHECK(status.started_at == lines[1].time - std::chrono::milliseconds(50));
  CHECK(status.timings ==
        std::map<std::string, long long>{{"building", 900}, {"extracting", 30}, {"receiving", 20}});
  lines.push_back(line_of(EventKind::switched, "d1", "a", 4));
  CHECK(status_of(lines).state == DeployState::starting);
  CHECK(DeployRecords(lines).find("d1")->switched);
  lines.push_back(line_of(EventKind::healthy, "d1", "a", 6));
  CHECK(status_of(lines).state == DeployState::running);
  CHECK(status_of(lines).timings.at("starting") == 2000);
  CHECK(DeployRecords(lines).find("d1")->before_end == DeployState::starting);
}

TEST_CASE("a failed trial ends rolled back, with the reason of the failure") {
  Entries lines = published();
  lines.push_back(line_of(EventKind::switched, "d1", "a", 4));
  lines.push_back(line_of(EventKind::failed, "d1", "a", 5, "exited with 1"));
  lines.push_back(line_of(EventKind::reverted, "d1", "image", 5, "exited with 1"));
  CHECK(status_of(lines).state == DeployState::rolled_back);
  CHECK(status_of(lines).error.message == "exited with 1");
  CHECK(status_of(lines).release == "a");
  CHECK(DeployRecords(lines).find("d1")->before_end == DeployState::starting);
}

TEST_CASE("a deploy that failed before its switch ends failed") {
  Entries lines = published();
  lines.push_back(line_of(EventKind::failed, "d1", "", 4, "the build exited with status 3"));
  CHECK(status_of(lines).state == DeployState::failed);
  CHECK(status_of(lines).error.message == "the build exited with status 3");
  CHECK_FALSE(DeployRecords(lines).find("d1")->switched);
}

TEST_CASE("why a deploy ended is told as a code for programs") {
  Entries lines = published();
  lines.push_back(line_of(EventKind::failed, "d1", "", 4, "the disk is full"));
  lines.back().code = "no-space";
  CHECK(status_of(lines).error.code == "no-space");
}

TEST_CASE("a failed trial whose way back could not be noted is no failed build") {
  Entries lines = published();
  lines.push_back(line_of(EventKind::switched, "d1", "a", 4));
  lines.push_back(line_of(EventKind::failed, "d1", "a", 5, "exited with 1"));
  CHECK(status_of(lines).error.code == "not-ready");
}

TEST_CASE("a line of an earlier version, which has no code, gets one that says little") {
  Entries lines = published();
  lines.push_back(line_of(EventKind::failed, "d1", "", 4, "something"));
  CHECK(status_of(lines).error.code == "internal-error");
}

TEST_CASE("a refused deploy is known, and failed") {
  const Entries lines{line_of(EventKind::refused, "d1", "", 1, "bad-name: x")};
  CHECK(status_of(lines).state == DeployState::failed);
  CHECK(status_of(lines).error.message == "bad-name: x");
}

TEST_CASE("an unchanged deploy names the release that serves") {
  const Entries lines{line_of(EventKind::unchanged, "d1", "a", 1)};
  CHECK(status_of(lines).state == DeployState::unchanged);
  CHECK(status_of(lines).release == "a");
}

TEST_CASE("a rollback ends when the release was found healthy, one to the image at once") {
  Entries lines{line_of(EventKind::rolled_back, "d1", "a", 1)};
  CHECK(status_of(lines).state == DeployState::starting);
  lines.push_back(line_of(EventKind::healthy, "d1", "a", 2));
  CHECK(status_of(lines).state == DeployState::running);
  CHECK(status_of({line_of(EventKind::rolled_back, "d1", "image", 1)}).state ==
        DeployState::running);
}

TEST_CASE("a deploy that was overtaken before it was judged ends rolled back") {
  Entries lines = published();
  lines.push_back(line_of(EventKind::switched, "d1", "a", 4));
  SECTION("by a newer image") { lines.push_back(line_of(EventKind::image, "", "image", 5)); }
  SECTION("by a repair") { lines.push_back(line_of(EventKind::reverted, "", "image", 5)); }
  SECTION("by another deploy") { lines.push_back(line_of(EventKind::switched, "d2", "image", 5)); }
  CHECK(status_of(lines).state == DeployState::rolled_back);
  CHECK(status_of(lines).error.message == "image took over before it was found healthy");
}

TEST_CASE("what comes after its end is nothing to a deploy") {
  Entries lines = published();
  lines.push_back(line_of(EventKind::switched, "d1", "a", 4));
  lines.push_back(line_of(EventKind::healthy, "d1", "a", 5));
  lines.push_back(line_of(EventKind::switched, "d2", "b", 6));
  lines.push_back(line_of(EventKind::failed, "d2", "b", 7));
  lines.push_back(line_of(EventKind::reverted, "d2", "a", 7));
  CHECK(status_of(lines).state == DeployState::running);
}

TEST_CASE("deploys that came to no end are found") {
  Entries lines = published();
  CHECK(DeployRecords(lines).unended().size() == 1);
  CHECK(DeployRecords(lines).unended().front().deploy == "d1");
  CHECK(DeployRecords(lines).unended().front().release == "a");
  for (const EventKind end : {EventKind::failed, EventKind::refused, EventKind::unchanged,
                              EventKind::switched, EventKind::reverted}) {
    Entries ended = lines;
    ended.push_back(line_of(end, "d1"));
    CHECK(DeployRecords(ended).unended().empty());
  }
  lines.push_back(line_of(EventKind::failed, "d2"));
  CHECK(DeployRecords(lines).unended().size() == 1);
}

TEST_CASE("the deploy that the last line speaks of is known") {
  Entries lines = published();
  CHECK(DeployRecords(lines).of_last_line() == "d1");
  lines.push_back(line_of(EventKind::login_failed, ""));
  CHECK(DeployRecords(lines).of_last_line().empty());
}

TEST_CASE("a deploy is found by its key by the user who chose it, for as long as is asked") {
  Entries lines = published();
  lines[1].by = "bot@laptop";
  lines[1].key = "abc";
  const DeployRecords records(lines);
  const auto begun = records.find("d1")->status.started_at;
  REQUIRE(records.find_by_key("bot@ci", "abc", begun));
  CHECK(records.find_by_key("bot@ci", "abc", begun)->status.deploy == "d1");
  CHECK_FALSE(records.find_by_key("bot@ci", "abc", begun + std::chrono::milliseconds(1)));
  CHECK_FALSE(records.find_by_key("eve@ci", "abc", begun));
  CHECK_FALSE(records.find_by_key("bot@ci", "abcd", begun));
  CHECK_FALSE(records.find_by_key("bot@ci", "", begun));
}
