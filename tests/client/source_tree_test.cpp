#include "client/source_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <random>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::archive::ScanLimits;
using ops::client::scan_source_tree;
using ops::client::SourceTree;
using ops::client::TreeFile;

namespace {

ops::Result<SourceTree> scan(const TemporaryDirectory& directory, const ScanLimits& limits = {}) {
  const auto root = ops::base::open_directory(directory.path());
  REQUIRE(root.ok());
  return scan_source_tree(root->get(), limits);
}

std::vector<std::string> paths(const TemporaryDirectory& directory) {
  const auto tree = scan(directory);
  REQUIRE(tree.ok());
  std::vector<std::string> paths;
  for (const TreeFile& file : tree->files) paths.push_back(file.path);
  return paths;
}

std::string error(const TemporaryDirectory& directory, const ScanLimits& limits = {}) {
  const auto tree = scan(directory, limits);
  REQUIRE_FALSE(tree.ok());
  return tree.error().message;
}

// What git itself would not ignore, by the .gitignore files alone.
std::vector<std::string> paths_by_git(const TemporaryDirectory& directory) {
  const std::string command = "git -c init.defaultBranch=x init -q '" + directory.path().string() +
                              "' && git -C '" + directory.path().string() +
                              "' ls-files -z --others --exclude-per-directory=.gitignore";
  const std::unique_ptr<FILE, int (*)(FILE*)> git(::popen(command.c_str(), "r"), ::pclose);
  REQUIRE(git != nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), git.get())) {
    output.append(buffer.data(), got);
  }
  std::vector<std::string> paths;
  for (std::size_t at = 0; at < output.size();) {
    paths.emplace_back(output.c_str() + at);
    at += paths.back().size() + 1;
  }
  std::ranges::sort(paths);
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("the files of a tree are found in the order of their paths, with modes and sizes") {
  const TemporaryDirectory directory;
  directory.write("b/run.sh", "#!/bin/sh\n");
  directory.write("b.txt", "four");
  directory.write("a/z/deep.txt", "");
  REQUIRE(::chmod(directory.file("b/run.sh").c_str(), 0700) == 0);
  const auto tree = scan(directory);
  REQUIRE(tree.ok());
  CHECK(tree->files == std::vector<TreeFile>{
                           {"a/z/deep.txt", 0644, 0}, {"b.txt", 0644, 4}, {"b/run.sh", 0755, 10}});
  CHECK(tree->bytes == 14);
}

TEST_CASE("what git keeps for itself is left out at every depth") {
  const TemporaryDirectory directory;
  directory.write(".git/config", "x");
  directory.write("module/.git", "gitdir: elsewhere");
  directory.write("module/code", "x");
  CHECK(paths(directory) == Paths{"module/code"});
}

TEST_CASE("a nested ignore file outranks the one above it") {
  const TemporaryDirectory directory;
  directory.write(".gitignore", "*.log\n");
  directory.write("a/.gitignore", "!keep.log\n");
  directory.write("a/keep.log", "");
  directory.write("a/other.log", "");
  directory.write("keep.log", "");
  CHECK(paths(directory) == Paths{".gitignore", "a/.gitignore", "a/keep.log"});
}

TEST_CASE("nothing in a directory that is left out can be kept") {
  const TemporaryDirectory directory;
  directory.write(".gitignore", "build/\n!build/keep\n");
  directory.write("build/keep", "");
  CHECK(paths(directory) == Paths{".gitignore"});
}

TEST_CASE(".opsignore brings back what git ignores, and leaves out more") {
  const TemporaryDirectory directory;
  directory.write(".gitignore", "dist/\n");
  directory.write(".opsignore", "!dist/\n/docs/\n");
  directory.write("dist/main.js", "");
  directory.write("docs/page.md", "");
  CHECK(paths(directory) == Paths{".gitignore", ".opsignore", "dist/main.js"});
}

TEST_CASE("a symbolic link is refused by name unless it is left out") {
  const TemporaryDirectory directory;
  directory.write("real", "");
  REQUIRE(::symlink("real", directory.file("link").c_str()) == 0);
  CHECK(error(directory) ==
        "cannot pack link: it is a symbolic link; name it in .opsignore to leave it out");
  directory.write(".opsignore", "link\n");
  CHECK(paths(directory) == Paths{".opsignore", "real"});
}

TEST_CASE("a special file is refused by name") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo(directory.file("pipe").c_str(), 0600) == 0);
  CHECK(error(directory).find("cannot pack pipe: it is no regular file") == 0);
}

TEST_CASE("a name that a server refuses is refused here, and shown without its control bytes") {
  const TemporaryDirectory directory;
  directory.write("evil\x1b[2J", "");
  CHECK(error(directory) ==
        "cannot pack evil\\x1b[2J: its name has a control character (bad-name); name it in "
        ".opsignore to leave it out");
}

TEST_CASE("whatever a server refuses by its name is refused before it is sent") {
  struct Case {
    const char* path;
    const char* reason;
  };
  for (const Case& wrong : {Case{"a:b", "cannot pack a:b: its name has a colon"},
                            Case{"in/a:b/file", "cannot pack in/a:b/file: its name has a colon"},
                            Case{"a\\b", "its name has a backslash"},
                            Case{"latin-\xe9", "cannot pack latin-\\xe9: its name is not valid"}}) {
    const TemporaryDirectory directory;
    directory.write(wrong.path, "");
    INFO(wrong.reason);
    CHECK(error(directory).find(wrong.reason) != std::string::npos);
    directory.write(".opsignore", "a*b*\nlatin*\n");
    CHECK(paths(directory) == Paths{".opsignore"});
  }
}

TEST_CASE("two files that are one where case does not count are refused") {
  const TemporaryDirectory directory;
  directory.write("docs/Readme", "");
  CHECK(scan(directory).ok());
  directory.write("docs/README", "");
  CHECK(error(directory).find(
            "cannot pack docs/Readme: its name differs from \"README\" only by") == 0);
}

TEST_CASE("a tree that is one over a limit is refused") {
  const TemporaryDirectory directory;
  directory.write("a", "12345");
  directory.write("b", "12345");
  CHECK(scan(directory, {.unpacked_bytes = 10, .entries = 2}).ok());
  CHECK(error(directory, {.entries = 1}).find("more than 1 files") != std::string::npos);
  CHECK(error(directory, {.unpacked_bytes = 9}).find("more than 9 bytes") != std::string::npos);
  directory.write("d/e/f", "");
  CHECK(scan(directory, {.depth = 3, .name_bytes = 5}).ok());
  CHECK(error(directory, {.depth = 2}).find("cannot pack d/e/f: it lies more than 2 levels") == 0);
  CHECK(error(directory, {.name_bytes = 4}).find("its name is longer than 4 bytes") !=
        std::string::npos);
}

TEST_CASE("a tree that unpacks to more than a server takes is told so in MiB") {
  const TemporaryDirectory directory;
  directory.write("sparse", "");
  std::filesystem::resize_file(directory.path() / "sparse", (std::uintmax_t{1} << 30) + 1);
  CHECK(error(directory) ==
        "cannot pack it all: there are more than 1024 MiB; leave something out by .opsignore");
}

TEST_CASE("a tree is as deep as a server takes it, and directories without an end are left") {
  const auto nested = [](int parts) {
    std::string path = "d";
    for (int part = 2; part < parts; ++part) path += "/d";
    return path + "/f";
  };
  const TemporaryDirectory directory;
  directory.write(nested(32), "");
  CHECK(scan(directory).ok());
  directory.write(nested(33), "");
  CHECK(error(directory).find("it lies more than 32 levels deep") != std::string::npos);
  std::filesystem::remove(directory.path() / nested(33));
  directory.write(nested(40), "");
  CHECK(error(directory).find("it lies more than 32 levels deep") != std::string::npos);
}

TEST_CASE("an ignore file that is too large is refused") {
  const TemporaryDirectory directory;
  directory.write("a/.gitignore", std::string(262'144, '#'));
  CHECK(scan(directory).ok());
  directory.write("a/.gitignore", std::string(262'145, '#'));
  CHECK(error(directory).find("cannot read .gitignore") == 0);
}

TEST_CASE("a tree of documented cases is read as git reads it") {
  const TemporaryDirectory directory;
  directory.write(".gitignore",
                  "# comment\n*.o\n!keep.o\n/only-top\nboth/sides\n**/any\nstart/**\nx/**/y\n"
                  "[Dd]ebug\ntemp?\ndir-only/\n\\#hash\nspace\\ \ntrail   \na**b\n");
  directory.write("sub/.gitignore", "!special.o\n/local\ndeeper/*\n!deeper/kept\n");
  for (const char* path : {"a.o",          "keep.o",       "sub/b.o",      "sub/special.o",
                           "only-top",     "sub/only-top", "both/sides",   "sub/both/sides",
                           "any",          "sub/any",      "start/a/b",    "sub/start/a",
                           "x/y",          "x/q/r/y",      "x/z",          "Debug/f",
                           "sub/debug",    "temp1",        "temp12",       "dir-only/f",
                           "sub/dir-only", "#hash",        "space ",       "trail",
                           "sub/local",    "sub/q/local",  "sub/deeper/x", "sub/deeper/kept",
                           "axb",          "q/axxb"}) {
    directory.write(path, "");
  }
  CHECK(paths(directory) == paths_by_git(directory));
}

TEST_CASE("random ignore files are read as git reads them") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 11U, 12U);
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t end) { return random() % end; };
  const std::array<const char*, 20> pieces{
      "a",      "b",  "c",  "*",   "**",    "?",   "/",           "/", "[ab]", "!",
      "[!a-b]", "\\", "ab", "a-b", "[a\\]", "***", "[[:alpha:]]", " ", "d",    "da"};
  const auto rules = [&] {
    std::string text;
    for (std::size_t line = 0; line < 5; ++line) {
      for (std::size_t piece = 0; piece <= below(4); ++piece)
        text += pieces.at(below(pieces.size()));
      text += "\n";
    }
    return text;
  };
  const TemporaryDirectory directory;
  const std::array<const char*, 6> names{"a", "b", "c", "ab", "a-b", "abc"};
  for (int file = 0; file < 60; ++file) {
    std::string path;
    for (std::size_t part = 0; part <= below(3); ++part) {
      path += std::string(path.empty() ? "" : "/") + "d" + names.at(below(names.size()));
    }
    directory.write(path + "/" + names.at(below(names.size())), "");
    directory.write(std::string(names.at(below(names.size()))) + "f", "");
  }
  const std::string top = rules();
  directory.write(".gitignore", top);
  directory.write("da/.gitignore", rules());
  INFO("top rules:\n" << top << "below:\n" << directory.read("da/.gitignore"));
  CHECK(paths(directory) == paths_by_git(directory));
}
