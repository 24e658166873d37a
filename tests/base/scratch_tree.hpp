#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/tree.hpp"
#include "base/unique_fd.hpp"
#include "catch.hpp"

namespace ops::base {

/// A directory for tests of modes, links and file systems; it goes with the test, whatever is in it
/// by then.
class ScratchTree {
 public:
  explicit ScratchTree(const std::string& below = "/tmp") : path_(below + "/ops-XXXXXX") {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    fd_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(fd_);
  }
  ScratchTree(const ScratchTree&) = delete;
  ScratchTree& operator=(const ScratchTree&) = delete;
  ~ScratchTree() { static_cast<void>(remove_tree(AT_FDCWD, path_)); }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

  void write(const std::string& name, const std::string& bytes, mode_t mode = 0644) const {
    const UniqueFd file(
        ::openat(fd(), name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    REQUIRE(file);
    REQUIRE(::fchmod(file.get(), mode) == 0);
    REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void make_directory(const std::string& name, mode_t mode = 0755) const {
    REQUIRE(::mkdirat(fd(), name.c_str(), mode) == 0);
  }
  void link(const std::string& target, const std::string& name) const {
    REQUIRE(::symlinkat(target.c_str(), fd(), name.c_str()) == 0);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    struct stat status {};
    return ::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }
  [[nodiscard]] mode_t mode_of(const std::string& name) const {
    struct stat status {};
    REQUIRE(::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0);
    return status.st_mode & 07777;
  }

 private:
  std::string path_;
  UniqueFd fd_;
};

/// Permissions bind nobody but ordinary users: where the tests run as root they are `nobody`
/// meanwhile.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() : before_(::geteuid()) {
    if (before_ == 0) REQUIRE(::seteuid(65534) == 0);
  }
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;
  ~AsOrdinaryUser() { static_cast<void>(::seteuid(before_) == 0); }

 private:
  uid_t before_;
};

}  // namespace ops::base
