#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sha256.hpp"
#include "ops/result.hpp"

namespace ops::release {

/// One file of a tree. Directories, owners and times are no part of what a release is.
struct ManifestEntry {
  std::string path;  // relative, '/'-separated, no "." or ".." parts
  unsigned mode;     // 0644 or 0755
  std::uint64_t bytes;
  base::Digest sha256;

  bool operator==(const ManifestEntry&) const = default;
};

/// The files of a tree, sorted by path (bytewise); the one form in which two trees are compared.
class Manifest {
 public:
  Manifest() = default;
  explicit Manifest(std::vector<ManifestEntry> entries);

  [[nodiscard]] const std::vector<ManifestEntry>& entries() const { return entries_; }
  [[nodiscard]] std::vector<ManifestEntry> take_entries() && { return std::move(entries_); }

  /// SHA-256 over `path NUL mode NUL sha256 LF` of every file, in hex. The same content gives the
  /// same hash.
  [[nodiscard]] std::string content_hash() const;

  /// {"files":[{"path","mode":"0644","size","sha256"}]}, one line.
  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] static Result<Manifest> from_json(std::string_view text);

 private:
  std::vector<ManifestEntry> entries_;
};

/// Reads and hashes all regular files below the open directory `root`; follows no link, skips links
/// and special files. A file is 0755 when its owner may execute it.
[[nodiscard]] Result<Manifest> read_manifest(int root, const std::stop_token& stop = {});

/// The name of the release with this content: the first 12 digits of its hash.
[[nodiscard]] std::string release_id(std::string_view content_hash);

}  // namespace ops::release
