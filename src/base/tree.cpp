#include "base/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <vector>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/stopped.hpp"
#include "base/unique_fd.hpp"

namespace ops::base {
namespace {

// Long enough to be quick, short enough to be stopped in between.
constexpr std::size_t copied_at_once = std::size_t{8} << 20;
constexpr int open_tree = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Result<UniqueFd> open_for_removal(int parent, const std::string& name) {
  UniqueFd directory(::openat(parent, name.c_str(), open_tree));
  struct stat status {};
  const bool denied = !directory && errno == EACCES;
  const bool unwritable =
      directory && ::fstat(directory.get(), &status) == 0 && (status.st_mode & 0700) != 0700;
  if (denied || unwritable) {
    ::fchmodat(parent, name.c_str(), 0700, AT_SYMLINK_NOFOLLOW);
    directory.reset(::openat(parent, name.c_str(), open_tree));
  }
  if (!directory) return os_error("cannot open " + name);
  return directory;
}

Result<void> copy_by_hand(int from, int to, const std::stop_token& stop) {
  std::vector<char> buffer(std::size_t{128} * 1024);
  for (;;) {
    if (stop.stop_requested()) return stopped();
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got == 0) return {};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error("cannot read a file to copy it");
    auto written = write_all(to, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    if (!written) return written;
  }
}

// The kernel copies within one file system, and between some. Where it will not (from the image's
// overlay to a volume, for one) it says so before the first byte.
Result<void> copy_bytes(int from, int to, const std::stop_token& stop) {
  if (::ioctl(to, FICLONE, from) == 0) return {};
  for (;;) {
    if (stop.stop_requested()) return stopped();
    const ssize_t copied = ::copy_file_range(from, nullptr, to, nullptr, copied_at_once, 0);
    if (copied == 0) return {};
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG)) {
      return os_error("cannot copy a file");
    }
    if (copied < 0) return copy_by_hand(from, to, stop);
  }
}

Result<void> copy_file(int from_parent, const std::string& from, int to_parent,
                       const std::string& to, mode_t mode, const std::stop_token& stop) {
  // O_NONBLOCK: what was a file a moment ago may be a pipe by now, and must not hold us up.
  const UniqueFd source(
      ::openat(from_parent, from.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!source) return os_error("cannot open " + from);
  const UniqueFd target(
      ::openat(to_parent, to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target) return os_error("cannot create " + to);
  if (auto copied = copy_bytes(source.get(), target.get(), stop); !copied) return copied;
  if (::fchmod(target.get(), mode) != 0) return os_error("cannot set the mode of " + to);
  return {};
}

Result<void> copy_link(int from_parent, const std::string& from, int to_parent,
                       const std::string& to) {
  std::array<char, 4096> text{};
  const ssize_t length = ::readlinkat(from_parent, from.c_str(), text.data(), text.size() - 1);
  if (length < 0) return os_error("cannot read the link " + from);
  if (::symlinkat(text.data(), to_parent, to.c_str()) != 0) {
    return os_error("cannot create the link " + to);
  }
  return {};
}

Result<void> copy_directory(int from_parent, const std::string& from, int to_parent,
                            const std::string& to, mode_t mode, const std::stop_token& stop) {
  const UniqueFd source(::openat(from_parent, from.c_str(), open_tree));
  if (!source) return os_error("cannot open " + from);
  if (::mkdirat(to_parent, to.c_str(), 0700) != 0) return os_error("cannot create " + to);
  const UniqueFd target(::openat(to_parent, to.c_str(), open_tree));
  if (!target) return os_error("cannot open " + to);
  const auto names = names_in(source.get());
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (auto copied = copy_tree(source.get(), name, target.get(), name, stop); !copied)
      return copied;
  }
  if (::fchmod(target.get(), mode) != 0) return os_error("cannot set the mode of " + to);
  return {};
}

}  // namespace

// All of them are read before anything is changed: POSIX leaves open what readdir answers for
// entries that come and go meanwhile.
Result<std::vector<std::string>> names_in(int directory) {
  UniqueFd own(::openat(directory, ".", open_tree));
  if (!own) return os_error("cannot read a directory");
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(own.get()), close);
  if (!stream) return os_error("cannot read a directory");
  static_cast<void>(own.release());
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return os_error("cannot read a directory");
  return names;
}

Result<void> remove_tree(int parent, const std::string& name, const std::stop_token& stop) {
  if (stop.stop_requested()) return stopped();
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  // Linux says EISDIR for a directory, POSIX allows EPERM.
  if (errno != EISDIR && errno != EPERM) return os_error("cannot remove " + name);
  const auto directory = open_for_removal(parent, name);
  if (!directory && directory.error().reason == std::errc::no_such_file_or_directory) return {};
  if (!directory) return directory.error();
  const auto names = names_in(directory->get());
  if (!names) return names.error();
  for (const std::string& inner : *names) {
    if (auto removed = remove_tree(directory->get(), inner, stop); !removed) return removed;
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return os_error("cannot remove " + name);
}

Result<void> copy_tree(int from_parent, const std::string& from, int to_parent,
                       const std::string& to, const std::stop_token& stop) {
  if (stop.stop_requested()) return stopped();
  struct stat status {};
  if (::fstatat(from_parent, from.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return os_error("cannot look at " + from);
  }
  const mode_t mode = status.st_mode & 0777;
  if (S_ISREG(status.st_mode)) return copy_file(from_parent, from, to_parent, to, mode, stop);
  if (S_ISLNK(status.st_mode)) return copy_link(from_parent, from, to_parent, to);
  if (S_ISDIR(status.st_mode)) return copy_directory(from_parent, from, to_parent, to, mode, stop);
  return Error{"cannot copy " + from + ": it is no file, link or directory"};
}

}  // namespace ops::base
