#include "release/trial.hpp"

#include "failing_disk.hpp"
#include "released_tree.hpp"

using namespace ops::release;

namespace {

void start_trial(ReleasedTree& tree, const ReleaseLock& held, const std::string& id,
                 std::optional<std::size_t> keep = {}) {
  tree.publish(held, id, id);
  JournalEntry why;
  why.event = EventKind::switched;
  why.deploy = "d-" + id;
  why.keep = keep;
  REQUIRE(tree.store().switch_to(held, id, why).ok());
}

TrialNeed need(ReleasedTree& tree, const std::string& id) {
  return trial_need(*tree.store().history(), id);
}

}  // namespace

TEST_CASE("the image and healthy releases need no trial") {
  ReleasedTree tree;
  CHECK(need(tree, "image") == TrialNeed::none);
  tree.deploy("a");
  CHECK(need(tree, "a") == TrialNeed::none);
}

TEST_CASE("a release that the journal does not know is on trial") {
  ReleasedTree tree;
  CHECK(need(tree, "made-by-hand") == TrialNeed::on_trial);
}

TEST_CASE(
    "a release that is rolled back to runs on trial again, and the one before is the way back") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  const auto held = tree.lock();
  tree.switch_to(held, "a", EventKind::rolled_back);
  CHECK(need(tree, "a") == TrialNeed::on_trial);
  SECTION("passed") {
    REQUIRE(pass_trial(tree.store(), held, "a").ok());
    CHECK(need(tree, "a") == TrialNeed::none);
    CHECK(tree.link("previous") == "b");
  }
  SECTION("failed") {
    CHECK(*fail_trial(tree.store(), held, "a", "exited with 1") == "b");
    CHECK(need(tree, "a") == TrialNeed::revert);
    CHECK(need(tree, "b") == TrialNeed::none);
  }
}

TEST_CASE("a passed trial makes the release healthy, under its deploy's name") {
  ReleasedTree tree;
  const auto held = tree.lock();
  start_trial(tree, held, "a");
  CHECK(need(tree, "a") == TrialNeed::on_trial);
  REQUIRE(pass_trial(tree.store(), held, "a").ok());
  CHECK(need(tree, "a") == TrialNeed::none);
  CHECK(tree.last_line().event == EventKind::healthy);
  CHECK(tree.last_line().deploy == "d-a");
}

TEST_CASE("a passed trial removes what retention lets go") {
  ReleasedTree tree;
  for (const char* id : {"a", "b", "c"}) tree.deploy(id);
  const auto held = tree.lock();
  SECTION("two stay by default") {
    start_trial(tree, held, "d");
    REQUIRE(pass_trial(tree.store(), held, "d").ok());
    CHECK_FALSE(tree.store().has("a"));
    CHECK_FALSE(tree.store().has("b"));
  }
  SECTION("the line that switched says how many stay") {
    start_trial(tree, held, "d", 3);
    REQUIRE(pass_trial(tree.store(), held, "d").ok());
    CHECK_FALSE(tree.store().has("a"));
    CHECK(tree.store().has("b"));
  }
  CHECK(tree.store().has("c"));
  CHECK(tree.store().has("d"));
  CHECK(tree.link("previous") == "c");
}

TEST_CASE("a passed trial removes a release that was overtaken before it was judged") {
  ReleasedTree tree;
  tree.deploy("a");
  const auto held = tree.lock();
  start_trial(tree, held, "overtaken");
  tree.switch_to(held, "image", EventKind::image);
  start_trial(tree, held, "b");
  REQUIRE(pass_trial(tree.store(), held, "b").ok());
  CHECK_FALSE(tree.store().has("overtaken"));
  CHECK(tree.store().has("a"));
}

TEST_CASE("a passed trial notes as gone what only the journal knows of") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.note(EventKind::published, "never-there");
  const auto held = tree.lock();
  start_trial(tree, held, "b");
  REQUIRE(pass_trial(tree.store(), held, "b").ok());
  CHECK(tree.store().history()->find("never-there")->removed);
}

TEST_CASE("a release that was not switched to is withdrawn, one that was healthy stays") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  const auto held = tree.lock();
  tree.publish(held, "new", "new");
  tree.note(EventKind::published, "never-there");
  tree.place().write("releases/manifests/never-there.json", "written before it has its name");
  for (const char* id : {"new", "never-there", "a", "b", "unknown"}) {
    REQUIRE(withdraw(tree.store(), held, id).ok());
  }
  CHECK_FALSE(tree.store().has("new"));
  CHECK(tree.store().history()->find("never-there")->removed);
  CHECK_FALSE(std::filesystem::exists(tree.file("manifests/never-there.json")));
  CHECK(tree.store().has("a"));
  CHECK(tree.served() == "b");
  CHECK(tree.store().history()->find("unknown") == nullptr);
}

TEST_CASE("a trial that fails on a full disk leads back all the same") {
  ReleasedTree tree;
  tree.deploy("a");
  std::optional<ReleaseLock> held = tree.lock();
  start_trial(tree, *held, "bad");
  held.reset();
  const FailingDisk disk = FailingDisk::full();
  held = tree.lock();
  CHECK(*fail_trial(tree.store(), *held, "bad", "exited with 1") == "a");
  CHECK(disk.has_failed());
  CHECK(tree.served() == "a");
}

TEST_CASE("a failed trial leads back to the last healthy release and is told with its reason") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  const auto held = tree.lock();
  start_trial(tree, held, "bad");
  const auto back = fail_trial(tree.store(), held, "bad", "exited with 1: cannot open port");
  REQUIRE(back.ok());
  CHECK(*back == "b");
  CHECK(tree.served() == "b");
  CHECK(tree.link("previous") == "a");
  CHECK(need(tree, "bad") == TrialNeed::revert);
  const auto entries = tree.store().journal().read();
  REQUIRE(entries.ok());
  const JournalEntry& failed = entries->at(entries->size() - 2);
  CHECK(failed.event == EventKind::failed);
  CHECK(failed.release == "bad");
  CHECK(failed.deploy == "d-bad");
  CHECK(failed.reason == "exited with 1: cannot open port");
  CHECK(entries->back().event == EventKind::reverted);
  CHECK(entries->back().release == "b");
  CHECK(entries->back().deploy == "d-bad");
}

TEST_CASE("the first release that fails leads back to the image") {
  ReleasedTree tree;
  const auto held = tree.lock();
  start_trial(tree, held, "bad");
  const auto back = fail_trial(tree.store(), held, "bad", "not ready in time");
  REQUIRE(back.ok());
  CHECK(*back == "image");
  CHECK(tree.served() == "image");
  CHECK_FALSE(tree.store().previous());
}

TEST_CASE("a release that failed gets another trial when it is deployed by force") {
  ReleasedTree tree;
  const auto held = tree.lock();
  start_trial(tree, held, "bad");
  REQUIRE(fail_trial(tree.store(), held, "bad", "exited with 1").ok());
  JournalEntry why;
  why.event = EventKind::switched;
  why.forced = true;
  REQUIRE(tree.store().switch_to(held, "bad", why).ok());
  CHECK(need(tree, "bad") == TrialNeed::on_trial);
}

TEST_CASE("a failed trial goes back although the journal cannot be read or written") {
  ReleasedTree tree;
  tree.deploy("a");
  const auto held = tree.lock();
  start_trial(tree, held, "bad");
  std::filesystem::rename(tree.file("releases.log"), tree.file("kept"));
  std::filesystem::create_symlink("kept", tree.file("releases.log"));
  const auto back = fail_trial(tree.store(), held, "bad", "exited with 1");
  REQUIRE(back.ok());
  CHECK(*back == "a");
  CHECK(tree.served() == "a");
}

TEST_CASE("a release that is gone is not gone back to") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  const auto held = tree.lock();
  start_trial(tree, held, "bad");
  std::filesystem::remove_all(tree.file("b"));
  CHECK(*fail_trial(tree.store(), held, "bad", "exited with 1") == "a");
}
