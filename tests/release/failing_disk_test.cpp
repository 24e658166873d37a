// What the releases directory promises while the disk fails.
#include "failing_disk.hpp"

#include "released_tree.hpp"

using namespace ops::release;

namespace {

JournalEntry switched_by(const std::string& deploy) {
  JournalEntry why;
  why.event = EventKind::switched;
  why.deploy = deploy;
  return why;
}

// Whether a start finds everything in order: what `current` names is there, and the journal agrees.
void check_next_start(ReleasedTree& tree) {
  tree.set_up();
  const std::string current = tree.link("current");
  CHECK(tree.store().has(current));
  REQUIRE(tree.store().history()->last_switch());
  CHECK(tree.store().history()->last_switch()->release == current);
  CHECK(tree.store().previous() != current);
  CHECK(std::filesystem::is_empty(tree.file("staging")));
}

}  // namespace

TEST_CASE("whichever call fails, a switch that is told as failed has not been made") {
  bool went_through = false;
  for (int nth = 1; !went_through; ++nth) {
    INFO("call " << nth);
    REQUIRE(nth < 100);
    ReleasedTree tree;
    tree.deploy("a");
    const bool made = [&] {
      const auto held = tree.lock();
      tree.publish(held, "b", "b");
      const FailingDisk disk = FailingDisk::at_call(nth);
      const bool done = tree.store().switch_to(held, "b", switched_by("d-b")).ok();
      went_through = !disk.has_failed();
      return done;
    }();
    CHECK((made || !went_through));
    CHECK(tree.link("current") == (made ? "b" : "a"));
    CHECK(tree.link("previous") != tree.link("current"));
    check_next_start(tree);
    CHECK(tree.link("current") == (made ? "b" : "a"));
  }
}

TEST_CASE("what failed after a switch is told, and the switch is no failure for it") {
  ReleasedTree tree;
  tree.deploy("a");
  std::filesystem::remove(tree.file("previous"));
  std::filesystem::create_directory(tree.file("previous"));
  const auto held = tree.lock();
  tree.publish(held, "b", "b");
  const auto switched = tree.store().switch_to(held, "b", switched_by("d-b"));
  REQUIRE(switched.ok());
  CHECK(switched->warning.starts_with("cannot point `previous` to a"));
  CHECK(tree.served() == "b");
}

TEST_CASE("whichever call fails, a release that is told as not published has not got its name") {
  bool went_through = false;
  for (int nth = 1; !went_through; ++nth) {
    INFO("call " << nth);
    REQUIRE(nth < 100);
    ReleasedTree tree;
    const bool done = [&] {
      const auto held = tree.lock();
      const auto staged = tree.store().new_staging(held);
      REQUIRE(staged.ok());
      tree.place().write("releases/staging/" + *staged + "/message.txt", "b");
      const FailingDisk disk = FailingDisk::at_call(nth);
      const bool published = tree.store().publish(held, *staged, "b", {}).ok();
      went_through = !disk.has_failed();
      return published;
    }();
    CHECK((done || !went_through));
    CHECK(tree.store().has("b") == done);
    check_next_start(tree);
  }
}

TEST_CASE("a switch whose link could not be made is noted as undone at once") {
  ReleasedTree tree;
  tree.deploy("a");
  const auto held = tree.lock();
  tree.publish(held, "b", "b");
  std::filesystem::rename(tree.file("staging"), tree.file("elsewhere"));
  REQUIRE_FALSE(tree.store().switch_to(held, "b", switched_by("d-b")).ok());
  CHECK(tree.served() == "a");
  CHECK(tree.last_line().event == EventKind::reverted);
  CHECK(tree.last_line().release == "a");
  CHECK(tree.last_line().deploy == "d-b");
}

TEST_CASE("a full disk keeps nobody from taking the lock") {
  ReleasedTree tree;
  std::filesystem::remove(tree.file("lock"));
  { const auto first = tree.lock(); }
  std::filesystem::resize_file(tree.file("lock"), 0);
  const FailingDisk disk = FailingDisk::full();
  const auto held = tree.store().try_lock();
  REQUIRE(held.ok());
  REQUIRE(held->has_value());
  CHECK(disk.has_failed());
  CHECK_FALSE(tree.store().try_lock()->has_value());
}

TEST_CASE("on a full disk the lock still tells who holds it, since its file keeps its length") {
  ReleasedTree tree;
  { const auto once = tree.lock(); }
  const FailingDisk disk = FailingDisk::full();
  auto held = tree.lock();
  CHECK(held.describe("d-0123456789ab", "building").ok());
  REQUIRE(tree.store().lock_holder());
  CHECK(tree.store().lock_holder()->deploy == "d-0123456789ab");
}

TEST_CASE("a full disk keeps no service from starting") {
  ReleasedTree tree;
  tree.set_up("v1");
  tree.deploy("a");
  tree.deploy("b");
  {
    const auto held = tree.lock();
    tree.publish(held, "c", "c");
    tree.switch_to(held, "c");
  }
  std::string serves = "c";
  SECTION("where all is well") {}
  SECTION("where a release is gone") { std::filesystem::remove_all(tree.file("a")); }
  SECTION("where a switch was interrupted") {
    std::filesystem::remove(tree.file("current"));
    std::filesystem::create_symlink("b", tree.file("current"));
    serves = "b";
  }
  SECTION("where the release that served is gone") {
    std::filesystem::remove_all(tree.file("c"));
    serves = "b";
  }
  const FailingDisk disk = FailingDisk::full();
  tree.set_up("v1");
  CHECK(tree.link("current") == serves);
}

TEST_CASE("a newer image is served although the disk is full") {
  ReleasedTree tree;
  tree.set_up("v1");
  tree.deploy("a");
  {
    const FailingDisk disk = FailingDisk::full();
    tree.set_up("v2");
    CHECK(disk.has_failed());
  }
  CHECK(tree.link("current") == "image");
  CHECK_FALSE(tree.store().repaired().empty());
  tree.set_up("v2");
  CHECK(tree.link("current") == "image");
  CHECK(tree.last_line().hash == "v2");
}
