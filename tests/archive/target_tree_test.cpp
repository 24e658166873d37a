#include "archive/target_tree.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "open_descriptors.hpp"
#include "temporary_directory.hpp"
#include "tree_snapshot.hpp"

using ops::archive::TargetTree;
TEST_CASE("paths in any order land where they belong") {
  const TemporaryDirectory target;
  const auto root = ops::base::open_directory(target.path().string());
  REQUIRE(root.ok());
  TargetTree tree(root->get());
  for (const char* path : {"a/b/c/one", "a/b/two", "a/x/three", "four", "a/b/c/five", "ab/six"}) {
    CHECK(tree.make_file(path, 0644).ok());
  }
  CHECK(tree.make_directory("a/b/c").ok());
  CHECK(tree.make_directory("new/er").ok());
  CHECK(files_of(target.path()).size() == 6);
  CHECK(std::filesystem::exists(target.path() / "a/b/c/five"));
  CHECK(std::filesystem::exists(target.path() / "ab/six"));
  CHECK(std::filesystem::is_directory(target.path() / "new/er"));
  CHECK(first_oddity(target.path()).empty());
}

TEST_CASE("only the directories on the way to the last path stay open") {
  const TemporaryDirectory target;
  const auto root = ops::base::open_directory(target.path().string());
  REQUIRE(root.ok());
  const auto before = open_descriptors();
  {
    TargetTree tree(root->get());
    for (int i = 0; i < 100; ++i) {
      CHECK(tree.make_directory("d" + std::to_string(i) + "/e/f").ok());
    }
    CHECK(open_descriptors() == before + 3);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a file that exists is not opened again, a file is not entered") {
  const TemporaryDirectory target;
  target.write("taken", "first");
  const auto root = ops::base::open_directory(target.path().string());
  REQUIRE(root.ok());
  TargetTree tree(root->get());
  const auto again = tree.make_file("taken", 0644);
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().reason == std::errc::file_exists);
  CHECK_FALSE(tree.make_file("taken/below", 0644).ok());
  CHECK(target.read("taken") == "first");
}
