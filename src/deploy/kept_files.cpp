#include "deploy/kept_files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/sha256.hpp"
#include "base/stopped.hpp"

namespace ops::deploy {
namespace {

constexpr std::size_t buffer_size = std::size_t{128} << 10;

// From the root inwards, and never through a link: the app that runs there may have made some.
base::UniqueFd open_below(int root, std::string_view path) {
  base::UniqueFd directory;
  for (;;) {
    const int parent = directory ? directory.get() : root;
    const std::size_t slash = path.find('/');
    const std::string part(path.substr(0, slash));
    if (slash == path.npos) {
      return base::UniqueFd(
          ::openat(parent, part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    }
    directory = base::UniqueFd(
        ::openat(parent, part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return directory;
    path.remove_prefix(slash + 1);
  }
}

bool is_file_of(int fd, std::uint64_t bytes) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == bytes;
}

}  // namespace

KeptFiles::KeptFiles(const release::ReleaseStore& store) : buffer_(buffer_size) {
  const auto history = store.history();
  if (!history) return;
  const auto& known = history->releases();
  for (auto record = known.rbegin(); record != known.rend(); ++record) {
    if (!record->removed && record->id != release::image_id) add(store, record->id);
  }
  const auto order = [](const Place& place) {
    return std::tie(place.sha256, place.release, place.entry);
  };
  std::ranges::sort(places_, {}, order);
}

void KeptFiles::add(const release::ReleaseStore& store, const std::string& id) {
  auto sources = store.sources(id);
  const auto path = store.tree_path(id);
  if (!sources || !path) return;
  auto tree = base::open_directory(*path);
  if (!tree) return;
  const auto& entries = sources->entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    places_.push_back({entries[i].sha256, releases_.size(), i});
  }
  releases_.push_back({std::move(tree).value(), std::move(sources).value()});
}

Result<bool> KeptFiles::copy(const release::ManifestEntry& wanted, archive::TargetTree& target,
                             const std::stop_token& stop) {
  // By hand: Clang 14 does not take the range that std::ranges::equal_range() makes.
  auto place = std::ranges::lower_bound(places_, wanted.sha256, {}, &Place::sha256);
  for (; place != places_.end() && place->sha256 == wanted.sha256; ++place) {
    const base::UniqueFd source = open(*place);
    if (!source || !is_file_of(source.get(), wanted.bytes)) continue;
    const auto file = target.make_file(wanted.path, wanted.mode);
    if (!file) return file.error();
    auto copied = copy_hashed(source.get(), wanted, file->get(), stop);
    if (!copied || *copied) return copied;
    if (auto removed = target.remove_file(wanted.path); !removed) return removed.error();
  }
  return false;
}

base::UniqueFd KeptFiles::open(const Place& place) const {
  const KeptRelease& release = releases_[place.release];
  return open_below(release.tree.get(), release.sources.entries()[place.entry].path);
}

// What is hashed is what was written, whatever happens to the original meanwhile.
Result<bool> KeptFiles::copy_hashed(int from, const release::ManifestEntry& wanted, int to,
                                    const std::stop_token& stop) {
  if (::ioctl(to, FICLONE, from) == 0) {
    const auto sum = base::sha256_of_file(to, stop);
    if (!sum) return sum.error();
    return *sum == wanted.sha256;
  }
  base::Sha256 sum;
  std::uint64_t left = wanted.bytes + 1;  // so that what grows is noticed
  while (left > 0) {
    if (stop.stop_requested()) return base::stopped();
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_.size()));
    const ssize_t got = ::read(from, buffer_.data(), most);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    sum.update(bytes);
    if (auto written = base::write_all(to, bytes); !written) return written.error();
    left -= bytes.size();
  }
  return left == 1 && sum.finish() == wanted.sha256;
}

}  // namespace ops::deploy
