#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "archive/target_tree.hpp"
#include "base/unique_fd.hpp"
#include "ops/result.hpp"
#include "release/manifest.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// The files of the releases that are kept, to be found by what is in them: what one of them holds
/// need not be sent again.
class KeptFiles {
 public:
  /// Reads the manifests of all releases that are there. One that cannot be read adds nothing.
  explicit KeptFiles(const release::ReleaseStore& store);

  /// Puts a copy of a file with that content below `target`. Its blocks are shared where the file
  /// system can (reflink), but never the file: whoever writes to the one must not change the other.
  /// What a build or the app has changed since does not count: the copy is hashed. Returns whether
  /// there was one.
  [[nodiscard]] Result<bool> copy(const release::ManifestEntry& wanted, archive::TargetTree& target,
                                  const std::stop_token& stop);

 private:
  struct Place {
    base::Digest sha256;
    std::size_t release;  // in releases_
    std::size_t entry;    // in its manifest
  };
  struct KeptRelease {
    base::UniqueFd tree;
    release::Manifest sources;
  };

  void add(const release::ReleaseStore& store, const std::string& id);
  [[nodiscard]] base::UniqueFd open(const Place& place) const;
  [[nodiscard]] Result<bool> copy_hashed(int from, const release::ManifestEntry& wanted, int to,
                                         const std::stop_token& stop);

  std::vector<KeptRelease> releases_;
  std::vector<Place> places_;  // sorted by content, that of newer releases first
  std::vector<char> buffer_;
};

}  // namespace ops::deploy
