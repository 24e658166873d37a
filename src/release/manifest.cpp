#include "release/manifest.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/os_error.hpp"
#include "base/stopped.hpp"
#include "base/unique_fd.hpp"

namespace ops::release {
namespace {

// Each level of a walk holds a descriptor; a build that nests deeper than this is refused rather
// than let it use them all up.
constexpr std::size_t deepest_tree = 128;
constexpr std::size_t id_digits = 12;

class TreeWalk {
 public:
  explicit TreeWalk(const std::stop_token& stop) : stop_(stop) {}
  Result<void> walk(int directory, const std::string& prefix, std::size_t depth);
  [[nodiscard]] std::vector<ManifestEntry> take() { return std::move(entries_); }

 private:
  Result<void> visit(int directory, const std::string& name, const std::string& path,
                     std::size_t depth);
  Result<void> add_file(int directory, const std::string& name, const std::string& path);

  const std::stop_token& stop_;
  std::vector<ManifestEntry> entries_;
};

Result<void> TreeWalk::walk(int directory, const std::string& prefix, std::size_t depth) {
  const auto error = [&prefix] {
    return base::os_error("cannot read the directory " + (prefix.empty() ? "." : prefix));
  };
  base::UniqueFd own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return error();
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(own.get()), close);
  if (!stream) return error();
  static_cast<void>(own.release());
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") {
      if (auto visited = visit(directory, name, prefix + name, depth); !visited) return visited;
    }
    errno = 0;
  }
  if (errno != 0) return error();
  return {};
}

Result<void> TreeWalk::visit(int directory, const std::string& name, const std::string& path,
                             std::size_t depth) {
  if (stop_.stop_requested()) return base::stopped();
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return base::os_error("cannot look at " + path);
  }
  if (S_ISREG(status.st_mode)) return add_file(directory, name, path);
  if (!S_ISDIR(status.st_mode)) return {};
  if (depth == deepest_tree) {
    return Error{"cannot read " + path + ": directories are nested deeper than " +
                 std::to_string(deepest_tree)};
  }
  const base::UniqueFd inner(
      ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!inner) return base::os_error("cannot open " + path);
  return walk(inner.get(), path + "/", depth + 1);
}

Result<void> TreeWalk::add_file(int directory, const std::string& name, const std::string& path) {
  // O_NONBLOCK: what was a file a moment ago may be a pipe now.
  const base::UniqueFd file(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return base::os_error("cannot open " + path);
  if (!S_ISREG(status.st_mode)) return {};
  const auto sum = base::sha256_of_file(file.get(), stop_);
  if (!sum) return Error{"cannot read " + path + ": " + sum.error().message, sum.error().reason};
  const unsigned mode = (status.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
  entries_.push_back({path, mode, static_cast<std::uint64_t>(status.st_size), *sum});
  return {};
}

}  // namespace

Manifest::Manifest(std::vector<ManifestEntry> entries) : entries_(std::move(entries)) {
  std::sort(entries_.begin(), entries_.end(),
            [](const ManifestEntry& a, const ManifestEntry& b) { return a.path < b.path; });
}

std::string Manifest::content_hash() const {
  base::Sha256 sum;
  const std::string_view nul("\0", 1);
  for (const ManifestEntry& entry : entries_) {
    sum.update(entry.path);
    sum.update(nul);
    sum.update(entry.mode == 0755 ? "0755" : "0644");
    sum.update(nul);
    sum.update(base::to_hex(entry.sha256));
    sum.update("\n");
  }
  return base::to_hex(sum.finish());
}

Result<Manifest> read_manifest(int root, const std::stop_token& stop) {
  TreeWalk tree(stop);
  if (auto walked = tree.walk(root, "", 1); !walked) return walked.error();
  return Manifest(tree.take());
}

std::string release_id(std::string_view content_hash) {
  return std::string(content_hash.substr(0, id_digits));
}

}  // namespace ops::release
