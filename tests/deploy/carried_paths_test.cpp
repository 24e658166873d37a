#include "deploy/carried_paths.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/scratch_tree.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

using namespace ops::deploy;

namespace {

struct Trees {
  TemporaryDirectory place;
  DeploySettings settings;

  Trees() {
    place.write("old/message.txt", "old");
    std::filesystem::create_directory(place.file("new"));
  }
  bool carry() {
    const auto carried = carry_paths(place.file("old"), place.file("new"), settings);
    INFO((carried ? "" : carried.error().message));
    REQUIRE(carried.ok());
    return *carried;
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(place.file(name)));
  }
};

// While it lives nothing more can be opened.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a tree that cannot be opened is told, and not taken for one without the carried paths") {
  Trees trees;
  trees.place.write("old/node_modules/a/index.js", "a");
  trees.settings.carry = {"node_modules"};
  const auto carried = [&trees] {
    const NoDescriptors exhausted;
    return carry_paths(trees.place.file("old"), trees.place.file("new"), trees.settings);
  }();
  REQUIRE_FALSE(carried.ok());
  CHECK(carried.error().message.starts_with("cannot carry node_modules over: cannot open"));
}

TEST_CASE("carried paths are copied from the old tree, with modes and links") {
  Trees trees;
  trees.place.write("old/node_modules/a/index.js", "a");
  trees.place.write("old/node_modules/.bin/tool", "tool");
  ::chmod(trees.place.file("old/node_modules/.bin/tool").c_str(), 0755);
  std::filesystem::create_symlink("../a", trees.place.file("old/node_modules/.bin/a"));
  trees.settings.carry = {"node_modules"};
  CHECK(trees.carry());
  CHECK(trees.place.read("new/node_modules/a/index.js") == "a");
  CHECK(std::filesystem::read_symlink(trees.place.file("new/node_modules/.bin/a")) == "../a");
  struct stat status {};
  REQUIRE(::stat(trees.place.file("new/node_modules/.bin/tool").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0755);
  CHECK_FALSE(trees.exists("new/message.txt"));
}

TEST_CASE("what is carried is a copy of its own") {
  Trees trees;
  trees.place.write("old/data/file", "old");
  trees.settings.carry = {"data"};
  CHECK(trees.carry());
  trees.place.write("new/data/file", "changed by the build");
  CHECK(trees.place.read("old/data/file") == "old");
}

TEST_CASE("the last part of a carried path may be a pattern") {
  Trees trees;
  for (const char* name :
       {"old/web/dataTrips/x", "old/web/dataUsers", "old/web/other", "old/dataTop"}) {
    trees.place.write(name, name);
  }
  trees.settings.carry = {"web/data*"};
  CHECK(trees.carry());
  CHECK(trees.exists("new/web/dataTrips/x"));
  CHECK(trees.exists("new/web/dataUsers"));
  CHECK_FALSE(trees.exists("new/web/other"));
  CHECK_FALSE(trees.exists("new/dataTop"));
}

TEST_CASE("what the upload contains wins over what would be carried") {
  Trees trees;
  trees.place.write("old/data/file", "old");
  trees.place.write("old/data/old-only", "old");
  trees.place.write("new/data/file", "uploaded");
  trees.settings.carry = {"data"};
  CHECK_FALSE(trees.carry());
  CHECK(trees.place.read("new/data/file") == "uploaded");
  CHECK_FALSE(trees.exists("new/data/old-only"));
}

TEST_CASE("what the old tree does not have is passed over") {
  Trees trees;
  trees.settings.carry = {"node_modules", "a/b/c", "message.txt/below-a-file"};
  CHECK_FALSE(trees.carry());
  CHECK(std::filesystem::is_empty(trees.place.file("new")));
}

TEST_CASE("no link of the old tree leads a carried path out of it") {
  Trees trees;
  trees.place.write("outside/secret", "secret");
  std::filesystem::create_directory_symlink(trees.place.file("outside"),
                                            trees.place.file("old/link"));
  trees.settings.carry = {"link/secret"};
  CHECK_FALSE(trees.carry());
  CHECK_FALSE(trees.exists("new/link"));
}

TEST_CASE("a carried path that leads out of the tree is refused") {
  Trees trees;
  for (const char* bad : {"../old", "/etc", "a/../b", "", "a//b", "."}) {
    INFO(bad);
    trees.settings.carry = {bad};
    const auto refused =
        carry_paths(trees.place.file("old"), trees.place.file("new"), trees.settings);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.starts_with("cannot carry "));
  }
}

TEST_CASE("shared paths are links to their targets, which are created where they are missing") {
  Trees trees;
  trees.settings.shared = {{"data", trees.place.file("kept/data")},
                           {"web/uploads", trees.place.file("kept/uploads")}};
  trees.place.write("kept/data/file", "kept");
  REQUIRE(link_shared(trees.place.file("new"), trees.settings).ok());
  CHECK(trees.place.read("new/data/file") == "kept");
  CHECK(std::filesystem::is_symlink(trees.place.file("new/web/uploads")));
  CHECK(std::filesystem::is_directory(trees.place.file("kept/uploads")));
}

TEST_CASE("a shared path is never carried") {
  Trees trees;
  trees.settings.shared = {{"data", trees.place.file("kept")}};
  trees.settings.carry = {"data*"};
  std::filesystem::create_directory_symlink(trees.place.file("kept"), trees.place.file("old/data"));
  trees.place.write("old/data2", "2");
  CHECK(trees.carry());
  REQUIRE(link_shared(trees.place.file("new"), trees.settings).ok());
  CHECK(std::filesystem::read_symlink(trees.place.file("new/data")) == trees.place.file("kept"));
  CHECK(trees.exists("new/data2"));
}

TEST_CASE("a shared path that cannot be made is an error that names it") {
  Trees trees;
  SECTION("a target that is not absolute") { trees.settings.shared = {{"data", "kept"}}; }
  SECTION("a path that leads out") { trees.settings.shared = {{"../data", "/tmp"}}; }
  SECTION("a path that is there") {
    trees.place.write("new/data", "uploaded");
    trees.settings.shared = {{"data", trees.place.file("kept")}};
  }
  SECTION("a target below a file") {
    trees.settings.shared = {{"data", trees.place.file("old/message.txt/kept")}};
  }
  const auto refused = link_shared(trees.place.file("new"), trees.settings);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.starts_with("cannot share "));
}

TEST_CASE("a shared target that may not be looked at is an error, not the end of the process") {
  Trees trees;
  trees.settings.shared = {{"data", trees.place.file("closed/a/b")}};
  std::filesystem::create_directory(trees.place.file("closed"));
  std::filesystem::permissions(trees.place.file("closed"), std::filesystem::perms::none);
  {
    const ops::base::AsOrdinaryUser user;
    const auto refused = link_shared(trees.place.file("new"), trees.settings);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.starts_with("cannot share data: cannot create "));
  }
  std::filesystem::permissions(trees.place.file("closed"), std::filesystem::perms::owner_all);
}

TEST_CASE("paths are carried over from another file system, as an image's often are") {
  std::string elsewhere = "/dev/shm/ops-test-XXXXXX";
  Trees trees;
  struct stat here {};
  struct stat there {};
  if (::mkdtemp(elsewhere.data()) == nullptr || ::stat(elsewhere.c_str(), &there) != 0 ||
      ::stat(trees.place.path().c_str(), &here) != 0 || here.st_dev == there.st_dev) {
    WARN("skipped: /dev/shm is no other file system than the directory for temporary files");
    return;
  }
  const auto image = elsewhere + "/image";
  std::filesystem::copy(trees.place.file("old"), image, std::filesystem::copy_options::recursive);
  ::chmod((image + "/message.txt").c_str(), 0755);
  trees.settings.carry = {"message.txt"};
  const auto carried = carry_paths(image, trees.place.file("new"), trees.settings);
  std::filesystem::remove_all(elsewhere);
  REQUIRE(carried.ok());
  CHECK(*carried);
  CHECK(trees.place.read("new/message.txt") == "old");
  REQUIRE(::stat(trees.place.file("new/message.txt").c_str(), &here) == 0);
  CHECK((here.st_mode & 0777) == 0755);
}

TEST_CASE("carrying over can be stopped") {
  Trees trees;
  trees.settings.carry = {"message.txt"};
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = carry_paths(trees.place.file("old"), trees.place.file("new"), trees.settings,
                                   stop.get_token());
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.error().reason == std::errc::operation_canceled);
}
