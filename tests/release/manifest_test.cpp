#include "release/manifest.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

using namespace ops::release;

namespace {

Manifest manifest_of(const TemporaryDirectory& tree) {
  const auto fd = ops::base::open_directory(tree.path());
  REQUIRE(fd.ok());
  auto manifest = read_manifest(fd->get());
  REQUIRE(manifest.ok());
  return *manifest;
}

}  // namespace

TEST_CASE("the content hash is SHA-256 over the sorted lines of path, mode and sum") {
  TemporaryDirectory tree;
  tree.write("b.txt", "two");
  tree.write("a/run", "#!/bin/sh\n");
  ::chmod(tree.file("a/run").c_str(), 0700);
  // printf 'a/run\0000755\0%s\nb.txt\0000644\0%s\n' $(…|sha256sum) $(…) | sha256sum
  const std::string lines = std::string("a/run\0", 6) + std::string("0755\0", 5) +
                            ops::base::to_hex(ops::base::sha256("#!/bin/sh\n")) + "\n" +
                            std::string("b.txt\0", 6) + std::string("0644\0", 5) +
                            ops::base::to_hex(ops::base::sha256("two")) + "\n";
  const Manifest manifest = manifest_of(tree);
  CHECK(manifest.content_hash() == ops::base::to_hex(ops::base::sha256(lines)));
  CHECK(release_id(manifest.content_hash()).size() == 12);
  CHECK(manifest.content_hash().starts_with(release_id(manifest.content_hash())));
}

TEST_CASE("paths are sorted bytewise, across directories") {
  TemporaryDirectory tree;
  for (const char* name : {"a/z", "a.txt", "a0", "B"}) tree.write(name, "");
  std::vector<std::string> paths;
  const Manifest manifest = manifest_of(tree);
  for (const auto& entry : manifest.entries()) paths.push_back(entry.path);
  CHECK(paths == std::vector<std::string>{"B", "a.txt", "a/z", "a0"});
}

TEST_CASE("links and special files are no part of a release, and none is followed") {
  TemporaryDirectory outside;
  outside.write("secret", "x");
  TemporaryDirectory tree;
  tree.write("file", "1");
  std::filesystem::create_symlink(outside.path(), tree.file("directory-link"));
  std::filesystem::create_symlink(outside.file("secret"), tree.file("file-link"));
  REQUIRE(::mkfifo(tree.file("pipe").c_str(), 0600) == 0);
  std::filesystem::create_directory(tree.file("empty"));
  const Manifest manifest = manifest_of(tree);
  REQUIRE(manifest.entries().size() == 1);
  CHECK(manifest.entries()[0].path == "file");
  CHECK(manifest.entries()[0].bytes == 1);
  CHECK(manifest.entries()[0].mode == 0644);
}

TEST_CASE("one changed byte, mode or name changes the content hash") {
  TemporaryDirectory tree;
  tree.write("file", "1");
  const std::string before = manifest_of(tree).content_hash();
  SECTION("a byte") { tree.write("file", "2"); }
  SECTION("the mode") { ::chmod(tree.file("file").c_str(), 0755); }
  SECTION("the name") { std::filesystem::rename(tree.file("file"), tree.file("File")); }
  CHECK(manifest_of(tree).content_hash() != before);
}

TEST_CASE("a tree that is nested too deeply is refused") {
  TemporaryDirectory tree;
  std::string path;
  for (int level = 1; level < 128; ++level) path += "d/";
  tree.write(path + "file", "");
  CHECK(manifest_of(tree).entries().size() == 1);
  tree.write(path + "d/file", "");
  const auto fd = ops::base::open_directory(tree.path());
  const auto refused = read_manifest(fd->get());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.ends_with("directories are nested deeper than 128"));
}

TEST_CASE("a manifest reads back what it wrote") {
  const Manifest manifest(
      {{"b \"quoted\"", 0644, 5, ops::base::sha256("b")}, {"a/ü", 0755, 0, ops::base::sha256("")}});
  const auto read = Manifest::from_json(manifest.to_json());
  REQUIRE(read.ok());
  CHECK(read->entries() == manifest.entries());
  CHECK(manifest.to_json().starts_with(R"({"files":[{"path":"a/ü","mode":"0755","size":0,)"));
}

TEST_CASE("a manifest from outside is refused when an entry is not what it must be") {
  const std::string sum(64, 'a');
  const auto read = [&sum](const std::string& path, const std::string& mode,
                           const std::string& size) {
    return Manifest::from_json(R"({"files":[{"path":")" + path + R"(","mode":")" + mode +
                               R"(","size":)" + size + R"(,"sha256":")" + sum + R"("}]})")
        .ok();
  };
  CHECK(read("a/b", "0644", "1"));
  for (const char* path : {"", "/a", "a/", "a//b", "./a", "a/..", "..", "a\\u0000b"}) {
    INFO(path);
    CHECK_FALSE(read(path, "0644", "1"));
  }
  CHECK_FALSE(read(std::string(4097, 'a'), "0644", "1"));
  CHECK_FALSE(read("a", "0777", "1"));
  CHECK_FALSE(read("a", "0644", "-1"));
  CHECK_FALSE(read("a", "0644", "1.5"));
  for (const char* text : {"", "[]", "{}", R"({"files":{}})", R"({"files":[1]})",
                           R"({"files":[{}]})", "{\"files\":["}) {
    INFO(text);
    CHECK_FALSE(Manifest::from_json(text).ok());
  }
  const std::string file = R"({"path":"a","mode":"0644","size":1,"sha256":")" + sum + "\"}";
  CHECK_FALSE(Manifest::from_json("{\"files\":[" + file + "," + file + "]}").ok());
}
