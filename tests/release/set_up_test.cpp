#include <sys/stat.h>

#include "base/durable_file.hpp"
#include "failing_disk.hpp"
#include "released_tree.hpp"

using namespace ops::release;

namespace {

std::size_t journal_length(ReleasedTree& tree) { return tree.store().journal().read()->size(); }

void point_by_hand(const ReleasedTree& tree, const std::string& link, const std::string& target) {
  std::filesystem::remove(tree.file(link));
  std::filesystem::create_symlink(target, tree.file(link));
}

}  // namespace

TEST_CASE("a missing directory is set up with the image in service") {
  ReleasedTree tree;
  CHECK(tree.link("image") == tree.place().file("image-files"));
  CHECK(tree.link("current") == "image");
  CHECK_FALSE(tree.store().previous());
  for (const char* name : {"logs", "manifests", "staging"}) {
    CHECK(std::filesystem::is_directory(tree.file(name)));
  }
  CHECK(journal_length(tree) == 1);
  CHECK(tree.last_line().event == EventKind::image);
  CHECK(tree.store().repaired().empty());
  CHECK_FALSE(tree.store().lock_holder());
}

TEST_CASE("setting up again changes nothing") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  const std::string journal = tree.place().read("releases/releases.log");
  tree.set_up();
  tree.set_up();
  CHECK(tree.place().read("releases/releases.log") == journal);
  CHECK(tree.link("current") == "b");
  CHECK(tree.link("previous") == "a");
  CHECK(tree.store().repaired().empty());
}

TEST_CASE("what a crash left behind is cleaned away, and nothing else") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.place().write("releases/staging/half/deep/file", "x");
  tree.place().write("releases/auth.key", "secret");
  tree.place().write("releases/auth.key.tmp-0123456789ab", "half");
  tree.place().write("releases/manifests/a.json.tmp-0123456789ab", "half");
  std::filesystem::create_symlink("a", tree.file("staging/current-0123"));
  tree.set_up();
  CHECK(std::filesystem::is_empty(tree.file("staging")));
  CHECK_FALSE(std::filesystem::exists(tree.file("auth.key.tmp-0123456789ab")));
  CHECK_FALSE(std::filesystem::exists(tree.file("manifests/a.json.tmp-0123456789ab")));
  CHECK(tree.place().read("releases/auth.key") == "secret");
  CHECK(std::filesystem::exists(tree.file("manifests/a.json")));
  CHECK(tree.served() == "a");
}

TEST_CASE("a manifest whose release never got its name, or has gone, is cleaned away") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.place().write("releases/manifests/never-there.json", "half a mani");
  tree.place().write("releases/manifests/notes", "not ours");
  tree.set_up();
  CHECK_FALSE(std::filesystem::exists(tree.file("manifests/never-there.json")));
  CHECK(std::filesystem::exists(tree.file("manifests/a.json")));
  CHECK(std::filesystem::exists(tree.file("manifests/notes")));
}

TEST_CASE("while another holds the lock nothing is set up, and the error names the holder") {
  ReleasedTree tree;
  auto held = tree.lock();
  REQUIRE(held.describe("d-0123456789ab", "building").ok());
  const auto refused =
      ReleaseStore::set_up(tree.path(), tree.place().file("image-files"), "", tree.clock());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.ends_with("it is locked by deploy d-0123456789ab (building)"));
  CHECK(refused.error().reason == std::errc::resource_unavailable_try_again);
}

TEST_CASE("an image that is no directory is refused") {
  ManualClock clock;
  TemporaryDirectory place;
  place.write("file", "");
  for (const char* image : {"nowhere", "file"}) {
    INFO(image);
    const auto refused = ReleaseStore::set_up(place.file("releases"), place.file(image), "", clock);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.ends_with("as the image: it is no directory"));
    CHECK_FALSE(std::filesystem::exists(place.file("releases/current")));
  }
}

TEST_CASE("an image directory that moved is linked anew") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.place().write("elsewhere/message.txt", "moved");
  const auto store =
      ReleaseStore::set_up(tree.path(), tree.place().file("elsewhere"), "", tree.clock());
  REQUIRE(store.ok());
  CHECK(tree.link("image") == tree.place().file("elsewhere"));
  CHECK(tree.link("current") == "a");
}

TEST_CASE("a newer image takes over, once, and the releases stay for a rollback") {
  ReleasedTree tree;
  tree.set_up("v1");
  tree.deploy("a");
  tree.set_up("v1");
  CHECK(tree.link("current") == "a");
  tree.set_up("v2");
  CHECK(tree.link("current") == "image");
  CHECK(tree.link("previous") == "a");
  CHECK(tree.last_line().event == EventKind::image);
  CHECK(tree.last_line().hash == "v2");
  tree.deploy("b");
  tree.set_up("v2");
  CHECK(tree.link("current") == "b");
  tree.set_up("");
  CHECK(tree.link("current") == "b");
}

TEST_CASE("a newer image is taken again when a crash came between the link and the journal") {
  ReleasedTree tree;
  tree.set_up("v1");
  tree.deploy("a");
  point_by_hand(tree, "current", "image");
  tree.set_up("v2");
  CHECK(tree.link("current") == "image");
  CHECK(tree.last_line().hash == "v2");
  CHECK(tree.store().repaired().empty());
}

TEST_CASE("a current that leads nowhere goes to the newest healthy release that is there") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  {
    const auto held = tree.lock();
    tree.publish(held, "trial", "trial");
  }
  SECTION("its release was removed by hand") { std::filesystem::remove_all(tree.file("b")); }
  SECTION("the link is gone") {
    std::filesystem::remove(tree.file("current"));
    std::filesystem::remove_all(tree.file("b"));
  }
  SECTION("the link leads out") {
    std::filesystem::remove_all(tree.file("b"));
    point_by_hand(tree, "current", "../image-files");
  }
  tree.set_up();
  CHECK(tree.link("current") == "a");
  CHECK(tree.link("previous") == "image");
  CHECK(tree.last_line().event == EventKind::reverted);
  CHECK(tree.last_line().release == "a");
  REQUIRE(tree.store().repaired().size() == 1);
  CHECK(tree.store().repaired().front().ends_with("; it names a now"));
  CHECK(tree.store().history()->find("b")->removed);
}

TEST_CASE("where no release is left the image serves") {
  ReleasedTree tree;
  tree.deploy("a");
  std::filesystem::remove_all(tree.file("a"));
  tree.set_up();
  CHECK(tree.link("current") == "image");
  CHECK_FALSE(tree.store().previous());
}

TEST_CASE("a switch that was noted but not made is noted as undone") {
  ReleasedTree tree;
  tree.deploy("a");
  {
    const auto held = tree.lock();
    tree.publish(held, "b", "b");
    tree.switch_to(held, "b");
  }
  point_by_hand(tree, "current", "a");
  tree.set_up();
  CHECK(tree.link("current") == "a");
  CHECK(tree.link("previous") == "image");
  CHECK(tree.last_line().event == EventKind::reverted);
  CHECK(tree.last_line().release == "a");
  CHECK(tree.last_line().deploy == "d-b");
  CHECK(tree.store().repaired().size() == 1);
}

TEST_CASE("a revert that was noted but not made is left to the supervisor") {
  ReleasedTree tree;
  tree.deploy("a");
  {
    const auto held = tree.lock();
    tree.publish(held, "b", "b");
    tree.switch_to(held, "b");
    tree.note(EventKind::failed, "b");
    tree.switch_to(held, "a", EventKind::reverted);
  }
  point_by_hand(tree, "current", "b");
  tree.set_up();
  CHECK(tree.link("current") == "b");
  CHECK(tree.store().history()->standing("b") == Standing::failed);
}

TEST_CASE("one bad line of the journal keeps no service from starting, and is named") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  const std::string journal = tree.place().read("releases/releases.log");
  tree.place().write("releases/releases.log", "not json\n" + journal);
  tree.set_up();
  CHECK(tree.link("current") == "b");
  CHECK(tree.link("previous") == "a");
  REQUIRE(tree.store().repaired().size() == 1);
  CHECK(tree.store().repaired().front() ==
        "releases.log: line 1 is passed over: it is no JSON object; mend or delete it while the "
        "service is stopped");
}

TEST_CASE("a journal that cannot be opened keeps no service from starting and changes no link") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  std::filesystem::rename(tree.file("releases.log"), tree.file("kept"));
  std::filesystem::create_symlink("kept", tree.file("releases.log"));
  std::string serves = "b";
  SECTION("where all else is well") {}
  SECTION("where the release that served is gone, too") {
    std::filesystem::remove_all(tree.file("b"));
    serves = "a";
  }
  tree.set_up();
  CHECK(tree.link("current") == serves);
  REQUIRE_FALSE(tree.store().repaired().empty());
  CHECK(tree.store().repaired().front().starts_with("cannot open releases.log: "));
}

TEST_CASE("a journal of any length keeps no service from starting, and is made short") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  std::string text = tree.place().read("releases/releases.log");
  const std::string sign_in =
      R"({"time":"2026-05-04T00:00:00Z","event":"login-failed","by":"eve@tablet"})"
      "\n";
  while (text.size() < Journal::longest_journal + 1) text += sign_in;
  tree.place().write("releases/releases.log", text);
  tree.set_up();
  CHECK(tree.link("current") == "b");
  CHECK(tree.link("previous") == "a");
  CHECK(tree.place().read("releases/releases.log").size() < 200'000);
  CHECK(tree.place().read("releases/releases.log.1") == text);
  CHECK(tree.store().journal().verify().ok());
}

TEST_CASE("whichever call fails at a start, what served goes on serving") {
  bool went_through = false;
  for (int nth = 1; !went_through; ++nth) {
    INFO("call " << nth);
    REQUIRE(nth < 100);
    ReleasedTree tree;
    tree.deploy("a");
    tree.place().write("releases/staging/half/file", "x");
    {
      const FailingDisk disk = FailingDisk::at_call(nth);
      const auto store =
          ReleaseStore::set_up(tree.path(), tree.place().file("image-files"), "", tree.clock());
      went_through = !disk.has_failed();
      CHECK((store.ok() || !went_through));
      const bool all_done = std::filesystem::is_empty(tree.file("staging"));
      if (store) CHECK((all_done || !store->repaired().empty()));
    }
    CHECK(tree.served() == "a");
    tree.set_up();
    CHECK(tree.served() == "a");
    CHECK(std::filesystem::is_empty(tree.file("staging")));
  }
}
