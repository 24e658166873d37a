#include "client/sources.hpp"

#include <fcntl.h>

#include <utility>
#include <vector>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/sha256.hpp"
#include "client/source_tree.hpp"
#include "client/stopwatch.hpp"

namespace ops::client {
namespace {

Result<release::ManifestEntry> hashed(int root, const TreeFile& file) {
  // O_NONBLOCK: what was a file a moment ago may be a pipe now.
  const base::UniqueFd fd(
      ::openat(root, file.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return base::os_error("cannot read " + file.path);
  const auto sum = base::sha256_of_file(fd.get());
  if (!sum) return Error{"cannot read " + file.path + ": " + sum.error().message};
  return release::ManifestEntry{file.path, file.mode, file.bytes, *sum};
}

}  // namespace

Result<Sources> find_sources(const std::string& root, const std::string& leave_out) {
  const Stopwatch watch;
  const auto directory = base::open_directory(root);
  if (!directory) return directory.error();
  const auto tree = scan_source_tree(directory->get());
  if (!tree) return tree.error();
  Sources sources{.root = root};
  std::vector<release::ManifestEntry> entries;
  entries.reserve(tree->files.size());
  for (const TreeFile& file : tree->files) {
    if (file.path == leave_out) continue;
    auto entry = hashed(directory->get(), file);
    if (!entry) return entry.error();
    sources.bytes += entry->bytes;
    entries.push_back(std::move(entry).value());
  }
  if (entries.empty()) {
    return Error{"cannot pack " + root + ": there is no file in it, or every one is left out by " +
                 ".gitignore or .opsignore"};
  }
  sources.manifest = release::Manifest(std::move(entries));
  sources.scanning = watch.elapsed();
  return sources;
}

}  // namespace ops::client
