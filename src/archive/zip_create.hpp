#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops/result.hpp"

namespace ops::archive {

struct SourceFile {
  std::string path;  // as it will stand in the zip: relative, '/'-separated
  unsigned mode;     // 0644 or 0755
};

/// Writes a zip of `files`, which lie below the open directory `root`, into the empty file `fd`
/// (open for writing). The same files give the same bytes: sorted by path, one fixed date, no
/// owner, no extra fields. scan_zip() accepts every zip made here that is within its limits of
/// count and size, and of one file at least. Paths that it would refuse, and what is missing or no
/// regular file, are an error before anything is written; a file whose size changes meanwhile is
/// one later. Returns the size in bytes.
[[nodiscard]] Result<std::uint64_t> create_zip(int root, std::vector<SourceFile> files, int fd);

}  // namespace ops::archive
