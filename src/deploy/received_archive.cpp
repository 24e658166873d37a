#include "deploy/received_archive.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "base/durable_file.hpp"
#include "base/hex.hpp"
#include "base/os_error.hpp"
#include "base/random.hpp"
#include "deploy/disk_space.hpp"

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

std::uint64_t twice(std::uint64_t bytes) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return bytes > most / 2 ? most : 2 * bytes;
}

}  // namespace

Result<ReceivedArchive, Refused> ReceivedArchive::open(const std::string& staging,
                                                       const DeploySettings& settings,
                                                       std::optional<std::uint64_t> announced) {
  const std::uint64_t limit = settings.received_bytes;
  if (announced && *announced > limit) return too_large(limit);
  base::UniqueFd file = open_nameless(staging);
  if (!file) return refused_by(base::os_error("cannot create a file for the upload"));
  const auto fit = check_space(space_of(file.get(), settings), twice(announced.value_or(0)));
  if (!fit) return fit.error();
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
  const std::string wanted = base::lower_hex(expected);
  if (wanted.empty() || wanted == got) return {};
  return Refused{RefusalKind::wrong_digest,
                 "the body's SHA-256 is " + got + ", which is not what x-content-sha256 says"};
}

}  // namespace ops::deploy
