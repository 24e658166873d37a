#include "release/release_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "released_tree.hpp"

using namespace ops::release;

TEST_CASE("a releases directory that is not there cannot be opened") {
  ManualClock clock;
  const auto store = ReleaseStore::open("/nowhere/releases", clock);
  REQUIRE_FALSE(store.ok());
  CHECK(store.error().message == "cannot find /nowhere/releases: No such file or directory");
}

TEST_CASE("an opened store knows the real path") {
  ReleasedTree tree;
  std::filesystem::create_symlink("releases", tree.place().file("link"));
  const auto store = ReleaseStore::open(tree.place().file("link"), tree.clock());
  REQUIRE(store.ok());
  CHECK(store->path() == tree.path());
}

TEST_CASE("a published release has its name, its files and the manifest of its sources") {
  ReleasedTree tree;
  const auto held = tree.lock();
  const auto staged = tree.store().new_staging(held);
  REQUIRE(staged.ok());
  tree.place().write("releases/staging/" + *staged + "/a/b", "content");
  const Manifest sources({{"a/b", 0644, 7, ops::base::sha256("content")}});
  REQUIRE(tree.store().publish(held, *staged, "0123456789ab", sources).ok());
  CHECK(tree.store().has("0123456789ab"));
  CHECK(tree.place().read("releases/0123456789ab/a/b") == "content");
  CHECK(tree.place().read("releases/manifests/0123456789ab.json") == sources.to_json());
  CHECK(std::filesystem::is_empty(tree.file("staging")));
  struct stat status {};
  REQUIRE(::stat(tree.file("0123456789ab").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0755);
}

TEST_CASE("publishing what is there already keeps it and removes the staged tree") {
  ReleasedTree tree;
  const auto held = tree.lock();
  tree.publish(held, "a", "first");
  tree.publish(held, "a", "second");
  CHECK(tree.place().read("releases/a/message.txt") == "first");
  CHECK_FALSE(tree.store().has_staged());
}

TEST_CASE("a release cannot be published under a name that leads elsewhere") {
  ReleasedTree tree;
  const auto held = tree.lock();
  const auto staged = tree.store().new_staging(held);
  for (const char* name : {"../outside", "current", "", "a/b"}) {
    INFO(name);
    CHECK_FALSE(tree.store().publish(held, *staged, name, {}).ok());
  }
}

TEST_CASE("switching points current to the release and previous to the healthy one before") {
  ReleasedTree tree;
  CHECK(tree.link("current") == "image");
  CHECK(tree.served() == "image");
  tree.deploy("a");
  CHECK(tree.link("current") == "a");
  CHECK(tree.link("previous") == "image");
  tree.deploy("b");
  CHECK(tree.served() == "b");
  CHECK(*tree.store().current() == "b");
  CHECK(tree.store().previous() == "a");
  CHECK(*tree.store().tree_path("b") == tree.file("b"));
  CHECK(*tree.store().tree_path("image") == tree.place().file("image-files"));
}

TEST_CASE("a release that was never healthy is nobody's previous") {
  ReleasedTree tree;
  tree.deploy("a");
  const auto held = tree.lock();
  tree.publish(held, "bad", "bad");
  tree.switch_to(held, "bad");
  CHECK(tree.store().previous() == "a");
  tree.publish(held, "b", "b");
  tree.switch_to(held, "b");
  CHECK(tree.store().previous() == "a");
}

TEST_CASE("after a revert previous is the next older one, or gone") {
  ReleasedTree tree;
  tree.deploy("a");
  const auto held = tree.lock();
  tree.publish(held, "bad", "bad");
  tree.switch_to(held, "bad");
  tree.switch_to(held, "a", EventKind::reverted);
  CHECK(tree.store().previous() == "image");
  tree.note(EventKind::failed, "a");
  tree.switch_to(held, "image", EventKind::reverted);
  CHECK_FALSE(tree.store().previous());
  CHECK(tree.served() == "image");
}

TEST_CASE("switching to a release that is not there changes nothing") {
  ReleasedTree tree;
  tree.deploy("a");
  const std::string journal = tree.place().read("releases/releases.log");
  const auto held = tree.lock();
  for (const char* id : {"nowhere", "../a", "", "staging"}) {
    INFO(id);
    CHECK_FALSE(tree.store().switch_to(held, id, {}).ok());
    CHECK_FALSE(tree.store().retreat_to(held, id, {}).ok());
    CHECK_FALSE(tree.store().has(id));
    CHECK_FALSE(tree.store().tree_path(id).ok());
  }
  CHECK(tree.link("current") == "a");
  CHECK(tree.place().read("releases/releases.log") == journal);
}

TEST_CASE("a reader never misses current while it is switched") {
  ReleasedTree tree;
  tree.deploy("a");
  tree.deploy("b");
  std::atomic<bool> done = false;
  std::atomic<long> reads = 0;
  std::atomic<long> misses = 0;
  const std::string message = tree.file("current/message.txt");
  std::thread reader([&] {
    while (!done || reads < 10'000) {
      const ops::base::UniqueFd fd(::open(message.c_str(), O_RDONLY | O_CLOEXEC));
      char content[8] = {};
      const ssize_t size = fd ? ::read(fd.get(), content, sizeof content) : -1;
      if (size != 1 || (content[0] != 'a' && content[0] != 'b')) ++misses;
      ++reads;
    }
  });
  {
    const auto held = tree.lock();
    for (int n = 0; n < 200; ++n) {
      tree.switch_to(held, n % 2 == 0 ? "a" : "b", EventKind::rolled_back);
    }
  }
  done = true;
  reader.join();
  CHECK(reads >= 10'000);
  CHECK(misses == 0);
}

TEST_CASE("a full disk does not keep a broken release in service") {
  ReleasedTree tree;
  tree.deploy("a");
  const auto held = tree.lock();
  tree.publish(held, "bad", "bad");
  tree.switch_to(held, "bad");
  // A journal that is a link is not opened: it stands for every reason why it cannot be written.
  std::filesystem::rename(tree.file("releases.log"), tree.file("kept"));
  std::filesystem::create_symlink("kept", tree.file("releases.log"));
  JournalEntry why;
  why.event = EventKind::reverted;
  CHECK_FALSE(tree.store().switch_to(held, "a", why).ok());
  CHECK(tree.link("current") == "bad");
  REQUIRE(tree.store().retreat_to(held, "a", why).ok());
  CHECK(tree.link("current") == "a");
}

TEST_CASE("removing a release takes its tree and its manifest, and is noted") {
  ReleasedTree tree;
  for (const char* id : {"a", "b", "c"}) tree.deploy(id);
  const auto held = tree.lock();
  REQUIRE(tree.store().remove(held, "a").ok());
  CHECK_FALSE(tree.store().has("a"));
  CHECK_FALSE(std::filesystem::exists(tree.file("manifests/a.json")));
  CHECK(tree.last_line().event == EventKind::removed);
  CHECK(tree.store().history()->find("a")->removed);
}

TEST_CASE("a removed release is out of the way at once, and its files go when they are swept") {
  ReleasedTree tree;
  for (const char* id : {"a", "b", "c"}) tree.deploy(id);
  const auto held = tree.lock();
  REQUIRE(tree.store().remove(held, "a").ok());
  CHECK_FALSE(std::filesystem::is_empty(tree.file("staging")));
  CHECK_FALSE(tree.store().has_staged());
  REQUIRE(tree.store().sweep().ok());
  CHECK(std::filesystem::is_empty(tree.file("staging")));
  CHECK(tree.served() == "c");
}

TEST_CASE("what was staged and given up is swept, what is staged is not") {
  ReleasedTree tree;
  const auto held = tree.lock();
  REQUIRE(tree.store().new_staging(held).ok());
  CHECK(tree.store().has_staged());
  REQUIRE(tree.store().sweep().ok());
  CHECK(tree.store().has_staged());
  REQUIRE(tree.store().bury_staged(held).ok());
  CHECK_FALSE(tree.store().has_staged());
  REQUIRE(tree.store().sweep().ok());
  CHECK(std::filesystem::is_empty(tree.file("staging")));
}

TEST_CASE("sweeping can be stopped, and goes on the next time") {
  ReleasedTree tree;
  const auto held = tree.lock();
  tree.place().write("releases/staging/half/file", "x");
  REQUIRE(tree.store().bury_staged(held).ok());
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(tree.store().sweep(stop.get_token()).ok());
  CHECK_FALSE(std::filesystem::is_empty(tree.file("staging")));
  REQUIRE(tree.store().sweep().ok());
  CHECK(std::filesystem::is_empty(tree.file("staging")));
}

TEST_CASE("what is in use is not removed") {
  ReleasedTree tree;
  for (const char* id : {"a", "b"}) tree.deploy(id);
  const auto held = tree.lock();
  for (const char* id : {"a", "b", "image", "nowhere"}) {
    INFO(id);
    CHECK_FALSE(tree.store().remove(held, id).ok());
  }
  CHECK(tree.store().has("a"));
  CHECK(tree.store().has("b"));
}
