#include "base/tree.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <thread>

#include "base/durable_file.hpp"
#include "base/scratch_tree.hpp"

namespace ops::base {
namespace {

void make_tree(const ScratchTree& directory) {
  directory.make_directory("tree");
  directory.make_directory("tree/inner");
  directory.write("tree/file", "one");
  directory.write("tree/inner/run", "two", 0755);
  directory.write("tree/empty", "");
  directory.link("../outside", "tree/link");
  directory.make_directory("outside");
  directory.write("outside/kept", "kept");
}

std::string link_text(const ScratchTree& directory, const std::string& name) {
  std::array<char, 256> text{};
  REQUIRE(::readlinkat(directory.fd(), name.c_str(), text.data(), text.size() - 1) > 0);
  return text.data();
}

}  // namespace

TEST_CASE("a removed tree is gone, and what its links point to is still there") {
  const ScratchTree directory;
  make_tree(directory);
  REQUIRE(remove_tree(directory.fd(), "tree").ok());
  CHECK_FALSE(directory.has("tree"));
  CHECK(directory.has("outside/kept"));
}

TEST_CASE("a link to a directory is removed itself, whatever it points to") {
  const ScratchTree directory;
  make_tree(directory);
  directory.link("outside", "link");
  REQUIRE(remove_tree(directory.fd(), "link").ok());
  CHECK_FALSE(directory.has("link"));
  CHECK(directory.has("outside/kept"));
}

TEST_CASE("single files, pipes and what is not there are removed too") {
  const ScratchTree directory;
  directory.write("file", "");
  REQUIRE(::mkfifo(directory.path("pipe").c_str(), 0600) == 0);
  CHECK(remove_tree(directory.fd(), "file").ok());
  CHECK(remove_tree(directory.fd(), "pipe").ok());
  CHECK(remove_tree(directory.fd(), "missing").ok());
  CHECK_FALSE(directory.has("file"));
  CHECK_FALSE(directory.has("pipe"));
}

TEST_CASE("directories that deny access are opened up and removed") {
  const AsOrdinaryUser user;
  const ScratchTree directory;
  make_tree(directory);
  const mode_t mode = GENERATE(0000U, 0100U, 0400U, 0500U);
  directory.make_directory("tree/inner/deep");
  directory.write("tree/inner/deep/file", "");
  REQUIRE(::chmod(directory.path("tree/inner/deep").c_str(), mode) == 0);
  REQUIRE(::chmod(directory.path("tree/inner").c_str(), mode) == 0);
  CHECK(remove_tree(directory.fd(), "tree").ok());
  CHECK_FALSE(directory.has("tree"));
}

TEST_CASE("a tree in a directory that may not be changed stays, and the error says so") {
  const AsOrdinaryUser user;
  const ScratchTree directory;
  directory.make_directory("closed");
  directory.write("closed/file", "");
  const UniqueFd closed(::openat(directory.fd(), "closed", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(::fchmod(closed.get(), 0500) == 0);
  const auto removed = remove_tree(closed.get(), "file");
  REQUIRE_FALSE(removed.ok());
  CHECK(removed.error().message == "cannot remove file: Permission denied");
  CHECK(directory.has("closed/file"));
}

TEST_CASE("a deep tree is removed") {
  const ScratchTree directory;
  std::string path = "0";
  directory.make_directory(path);
  for (int depth = 1; depth < 200; ++depth) directory.make_directory(path += "/0");
  CHECK(remove_tree(directory.fd(), "0").ok());
  CHECK_FALSE(directory.has("0"));
}

TEST_CASE("a copy has the bytes, the modes and the links of the original") {
  const ScratchTree directory;
  make_tree(directory);
  REQUIRE(::chmod(directory.path("tree/inner").c_str(), 0500) == 0);
  REQUIRE(copy_tree(directory.fd(), "tree", directory.fd(), "copy").ok());
  CHECK(*read_file(directory.fd(), "copy/file", 10) == "one");
  CHECK(*read_file(directory.fd(), "copy/inner/run", 10) == "two");
  CHECK(read_file(directory.fd(), "copy/empty", 10).value().empty());
  CHECK(directory.mode_of("copy/file") == 0644);
  CHECK(directory.mode_of("copy/inner/run") == 0755);
  CHECK(directory.mode_of("copy/inner") == 0500);
  CHECK(link_text(directory, "copy/link") == "../outside");
}

TEST_CASE("a copy shares nothing that can be written with its original") {
  const ScratchTree directory;
  directory.write("file", "old");
  REQUIRE(copy_tree(directory.fd(), "file", directory.fd(), "copy").ok());
  directory.write("file", "new");
  CHECK(*read_file(directory.fd(), "copy", 10) == "old");
}

TEST_CASE("a copy crosses from one file system to another") {
  const ScratchTree memory("/dev/shm");
  const ScratchTree disk("/tmp");
  const std::string large(300'000, 'x');
  memory.write("file", large);
  REQUIRE(copy_tree(memory.fd(), "file", disk.fd(), "copy").ok());
  CHECK(*read_file(disk.fd(), "copy", large.size()) == large);
}

TEST_CASE("a set-user-id bit is not copied") {
  const ScratchTree directory;
  directory.write("file", "", 04755);
  REQUIRE(copy_tree(directory.fd(), "file", directory.fd(), "copy").ok());
  CHECK(directory.mode_of("copy") == 0755);
}

TEST_CASE("a copy never writes over or through what is there") {
  const ScratchTree directory;
  make_tree(directory);
  directory.link("outside/kept", "taken");
  CHECK(copy_tree(directory.fd(), "tree/file", directory.fd(), "taken").error().reason.value() ==
        EEXIST);
  CHECK(copy_tree(directory.fd(), "tree", directory.fd(), "outside").error().reason.value() ==
        EEXIST);
  CHECK(*read_file(directory.fd(), "outside/kept", 10) == "kept");
}

TEST_CASE("a special file is not copied, and the error names it") {
  const ScratchTree directory;
  directory.make_directory("tree");
  REQUIRE(::mkfifo(directory.path("tree/pipe").c_str(), 0600) == 0);
  const auto copied = copy_tree(directory.fd(), "tree", directory.fd(), "copy");
  REQUIRE_FALSE(copied.ok());
  CHECK(copied.error().message == "cannot copy pipe: it is no file, link or directory");
}

TEST_CASE("what cannot be read is not copied, and the error names it") {
  const AsOrdinaryUser user;
  const ScratchTree directory;
  directory.make_directory("tree");
  directory.make_directory("tree/closed", 0000);
  const auto copied = copy_tree(directory.fd(), "tree", directory.fd(), "copy");
  REQUIRE_FALSE(copied.ok());
  CHECK(copied.error().message == "cannot open closed: Permission denied");
  CHECK(copy_tree(directory.fd(), "missing", directory.fd(), "copy2").error().message ==
        "cannot look at missing: No such file or directory");
}

TEST_CASE("copying and removing can be stopped") {
  ScratchTree directory;
  directory.make_directory("tree");
  directory.write("tree/file", "x");
  std::stop_source stop;
  stop.request_stop();
  const auto copied = copy_tree(directory.fd(), "tree", directory.fd(), "copy", stop.get_token());
  REQUIRE_FALSE(copied.ok());
  CHECK(copied.error().reason == std::errc::operation_canceled);
  const auto removed = remove_tree(directory.fd(), "tree", stop.get_token());
  REQUIRE_FALSE(removed.ok());
  CHECK(removed.error().reason == std::errc::operation_canceled);
  CHECK(directory.has("tree/file"));
}

TEST_CASE("a tree that two remove at once is gone, and neither fails") {
  ScratchTree directory;
  for (int round = 0; round < 20; ++round) {
    directory.make_directory("tree");
    for (int n = 0; n < 20; ++n) {
      directory.make_directory("tree/" + std::to_string(n));
      directory.write("tree/" + std::to_string(n) + "/file", "x");
    }
    bool other = false;
    std::thread thread([&] { other = remove_tree(directory.fd(), "tree").ok(); });
    const auto removed = remove_tree(directory.fd(), "tree");
    thread.join();
    INFO((removed ? "" : removed.error().message));
    CHECK(removed.ok());
    CHECK(other);
    CHECK_FALSE(directory.has("tree"));
  }
}

}  // namespace ops::base
