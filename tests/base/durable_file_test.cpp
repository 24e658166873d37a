#include "base/durable_file.hpp"

#include <dirent.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "base/scratch_tree.hpp"

namespace ops::base {
namespace {

/// No file may grow beyond `bytes` meanwhile: as a disk that fills up, for this process alone.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit small = before_;
    small.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

std::size_t names_in(const ScratchTree& directory) {
  std::size_t count = 0;
  DIR* stream = ::opendir(directory.path("").c_str());
  REQUIRE(stream != nullptr);
  while (::readdir(stream) != nullptr) ++count;
  ::closedir(stream);
  return count - 2;
}

}  // namespace

TEST_CASE("a file of exactly the limit is read, one byte more is refused") {
  const ScratchTree directory;
  directory.write("ten", "0123456789");
  const auto read = read_file(directory.fd(), "ten", 10);
  REQUIRE(read.ok());
  CHECK(*read == "0123456789");

  const auto refused = read_file(directory.fd(), "ten", 9);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message == "cannot read ten: it is larger than 9 bytes");
}

TEST_CASE("a file larger than the read buffer is read whole") {
  const ScratchTree directory;
  const std::string large(100'000, 'x');
  directory.write("large", large);
  const auto read = read_file(directory.fd(), "large", large.size());
  REQUIRE(read.ok());
  CHECK(*read == large);
}

TEST_CASE("reading says what is wrong and keeps the system's reason") {
  const ScratchTree directory;
  directory.write("target", "secret");
  directory.link("target", "link");
  directory.make_directory("directory");

  const auto missing = read_file(directory.fd(), "missing", 10);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message == "cannot open missing: No such file or directory");
  CHECK(missing.error().reason == std::errc::no_such_file_or_directory);
  CHECK(read_file(directory.fd(), "link", 10).error().reason.value() == ELOOP);
  CHECK(read_file(directory.fd(), "directory", 10).error().reason.value() == EISDIR);
}

TEST_CASE("a named pipe without a writer does not hold the reader up") {
  const ScratchTree directory;
  REQUIRE(::mkfifo(directory.path("pipe").c_str(), 0600) == 0);
  const auto read = read_file(directory.fd(), "pipe", 10);
  REQUIRE(read.ok());
  CHECK(read->empty());
}

TEST_CASE("a directory is opened, a file is not") {
  const ScratchTree directory;
  directory.write("file", "");
  CHECK(open_directory(directory.path(".")).ok());
  CHECK(open_directory(directory.path("file")).error().reason.value() == ENOTDIR);
  CHECK(open_directory(directory.path("missing")).error().message ==
        "cannot open the directory " + directory.path("missing") + ": No such file or directory");
}

TEST_CASE("a replaced file has the new bytes and the new mode") {
  const ScratchTree directory;
  directory.write("file", "old", 0644);
  REQUIRE(replace_file(directory.fd(), "file", "new", 0600).ok());
  CHECK(*read_file(directory.fd(), "file", 10) == "new");
  CHECK(directory.mode_of("file") == 0600);
  CHECK(names_in(directory) == 1);
}

TEST_CASE("a file that was not there is created") {
  const ScratchTree directory;
  REQUIRE(replace_file(directory.fd(), "file", "", 0644).ok());
  CHECK(read_file(directory.fd(), "file", 10).value().empty());
}

TEST_CASE("a symbolic link is replaced, not written through") {
  const ScratchTree directory;
  directory.write("target", "untouched");
  directory.link("target", "file");
  REQUIRE(replace_file(directory.fd(), "file", "new", 0644).ok());
  CHECK(*read_file(directory.fd(), "file", 10) == "new");
  CHECK(*read_file(directory.fd(), "target", 10) == "untouched");
}

TEST_CASE("a disk that fills up leaves the old file and nothing else") {
  const ScratchTree directory;
  directory.write("file", "old");
  const std::string large(10'000, 'x');
  const auto replaced = [&] {
    const FullDisk full(5'000);
    return replace_file(directory.fd(), "file", large, 0644);
  }();
  REQUIRE_FALSE(replaced.ok());
  CHECK(replaced.error().reason.value() == EFBIG);
  CHECK(*read_file(directory.fd(), "file", 10) == "old");
  CHECK(names_in(directory) == 1);
}

TEST_CASE("a name that is a directory stays as it is") {
  const ScratchTree directory;
  directory.make_directory("name");
  directory.write("name/inside", "old");
  const auto replaced = replace_file(directory.fd(), "name", "new", 0644);
  REQUIRE_FALSE(replaced.ok());
  CHECK(replaced.error().reason.value() == EISDIR);
  CHECK(directory.has("name/inside"));
  CHECK(names_in(directory) == 1);
}

TEST_CASE("writing to a descriptor that cannot be written is an error") {
  const ScratchTree directory;
  directory.write("file", "");
  const UniqueFd read_only(::openat(directory.fd(), "file", O_RDONLY | O_CLOEXEC));
  CHECK(write_all(read_only.get(), "x").error().reason.value() == EBADF);
  CHECK(sync_directory(-1).error().reason.value() == EBADF);
}

}  // namespace ops::base
