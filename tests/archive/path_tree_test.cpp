#include "archive/path_tree.hpp"

#include <initializer_list>
#include <string>
#include <utility>

#include "catch.hpp"

using ops::archive::EntryKind;
using ops::archive::PathTree;

namespace {

using Path = std::pair<const char*, EntryKind>;
constexpr EntryKind file = EntryKind::file;
constexpr EntryKind directory = EntryKind::directory;

std::string judged(std::initializer_list<Path> paths, std::size_t directories = 100) {
  PathTree tree({.entries = directories});
  for (const auto& [path, kind] : paths) {
    if (auto refusal = tree.add(path, kind)) return code(refusal->rule);
  }
  return "accepted";
}

}  // namespace

TEST_CASE("files and directories that live together are accepted in any order") {
  CHECK(judged({{"a/b/c", file}, {"a/b/d", file}, {"a", directory}, {"a/b", directory}}) ==
        "accepted");
  CHECK(judged({{"a", directory}, {"a/b", directory}, {"a/b/c", file}, {"ab", file}}) ==
        "accepted");
  CHECK(judged({{"x/same", file}, {"y/same", file}, {"same", file}}) == "accepted");
}

TEST_CASE("the same path twice is refused") {
  CHECK(judged({{"a", file}, {"a", file}}) == "duplicate-name");
  CHECK(judged({{"d", directory}, {"d", directory}}) == "duplicate-name");
  CHECK(judged({{"d/f", file}, {"d", directory}, {"d", directory}}) == "duplicate-name");
}

TEST_CASE("two spellings of one path are refused, also of a directory on the way") {
  CHECK(judged({{"README.md", file}, {"readme.md", file}}) == "duplicate-name");
  CHECK(judged({{"\xc3\xa9", file}, {"e\xcc\x81", file}}) == "duplicate-name");
  CHECK(judged({{"Src/a", file}, {"src/b", file}}) == "duplicate-name");
}

TEST_CASE("a path that is a file here and a directory there is refused") {
  CHECK(judged({{"a", file}, {"a", directory}}) == "file-is-directory");
  CHECK(judged({{"a", file}, {"a/b", file}}) == "file-is-directory");
  CHECK(judged({{"a/b", file}, {"a", file}}) == "file-is-directory");
  CHECK(judged({{"a", directory}, {"a", file}}) == "file-is-directory");
}

TEST_CASE("as many directories as allowed are accepted, one more is refused") {
  CHECK(judged({{"a/b/f", file}, {"a/g", file}}, 2) == "accepted");
  CHECK(judged({{"a/b/f", file}, {"c", directory}}, 2) == "too-many-entries");
  CHECK(judged({{"a/b/c/f", file}}, 2) == "too-many-entries");
}
