#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/zip_scan.hpp"
#include "ops/result.hpp"

namespace ops::client {

/// A file that belongs to what is deployed.
struct TreeFile {
  std::string path;  // relative to the root, '/'-separated
  unsigned mode;     // 0755 when its owner may execute it, else 0644
  std::uint64_t bytes;

  bool operator==(const TreeFile&) const = default;
};

struct SourceTree {
  std::vector<TreeFile> files;  // sorted by path, bytewise
  std::uint64_t bytes = 0;      // of all files
};

/// Finds the files below the open directory `root`. Left out are `.git` and what `.gitignore` and
/// `.opsignore` files at the root or below say, as git reads them; `.opsignore` has the last word,
/// so `!dist/` there brings back what git does not want. Nothing is skipped silently beyond that:
/// symbolic links, special files and what a server refuses, by the very rules it judges an archive
/// with, are errors that name the file. `limits` are what it takes unless it was told otherwise.
[[nodiscard]] Result<SourceTree> scan_source_tree(int root, const archive::ScanLimits& limits = {});

}  // namespace ops::client
