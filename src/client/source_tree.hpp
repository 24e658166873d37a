#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/result.hpp"

namespace ops::client {

/// A file that belongs to what is deployed.
struct TreeFile {
  std::string path;  // relative to the root, '/'-separated
  unsigned mode;     // 0755 when its owner may execute it, else 0644
  std::uint64_t bytes;

  bool operator==(const TreeFile&) const = default;
};

/// How much a tree may hold: what a server takes unless it was told otherwise.
struct TreeLimits {
  std::size_t files = 50'000;
  std::uint64_t bytes = std::uint64_t{1} << 30;
  std::size_t depth = 64;                             // parts of a path
  std::size_t path_bytes = 1024;                      // of a whole path
  std::size_t rules_bytes = std::size_t{256} * 1024;  // of one ignore file
};

struct SourceTree {
  std::vector<TreeFile> files;  // sorted by path, bytewise
  std::uint64_t bytes = 0;      // of all files
};

/// Finds the files below the open directory `root`. Left out are `.git` and what `.gitignore` and
/// `.opsignore` files at the root or below say, as git reads them; `.opsignore` has the last word,
/// so `!dist/` there brings back what git does not want. Nothing is skipped silently beyond that:
/// symbolic links, special files and names that a server refuses are errors that name them.
[[nodiscard]] Result<SourceTree> scan_source_tree(int root, const TreeLimits& limits = {});

}  // namespace ops::client
