#include "deploy/received_archive.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/random.hpp"

namespace ops::deploy {
namespace {

Refused too_large(std::uint64_t limit) {
  return {RefusalKind::too_large,
          "the archive is larger than the " + std::to_string(limit) + " bytes allowed"};
}

// Not every file system has O_TMPFILE.
base::UniqueFd open_nameless(const std::string& directory) {
  base::UniqueFd file(::open(directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  if (file) return file;
  const std::string path = directory + "/upload-" + base::random_hex(12);
  file.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file && ::unlink(path.c_str()) != 0) file.reset();
  return file;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::uint64_t free_bytes(int fd) {
  struct statvfs space {};
  if (::fstatvfs(fd, &space) != 0) return 0;
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

Result<ReceivedArchive, Refused> ReceivedArchive::open(const std::string& staging,
                                                       std::uint64_t limit,
                                                       std::optional<std::uint64_t> announced) {
  if (announced && *announced > limit) return too_large(limit);
  base::UniqueFd file = open_nameless(staging);
  if (!file) return refused_by(base::os_error("cannot create a file for the upload"));
  if (announced && *announced > free_bytes(file.get()) / 2) {
    return Refused{RefusalKind::no_space,
                   "the disk has no room for an archive of " + std::to_string(*announced) +
                       " bytes and what it unpacks to: free some and send it again"};
  }
  return ReceivedArchive(std::move(file), limit);
}

Result<void, Refused> ReceivedArchive::write(std::string_view bytes) {
  if (bytes.size() > limit_ - received_) return too_large(limit_);
  if (const auto written = base::write_all(file_.get(), bytes); !written) {
    return refused_by(written.error());
  }
  received_ += bytes.size();
  sum_.update(bytes);
  return {};
}

Result<void, Refused> ReceivedArchive::check(std::string_view expected) {
  const std::string got = base::to_hex(sum_.finish());
  std::string wanted(expected);
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), lower);
  if (wanted.empty() || wanted == got) return {};
  return Refused{RefusalKind::wrong_digest,
                 "the body's SHA-256 is " + got + ", which is not what x-content-sha256 says"};
}

}  // namespace ops::deploy
