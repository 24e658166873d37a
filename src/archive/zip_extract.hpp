#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "archive/zip_scan.hpp"
#include "base/sha256.hpp"
#include "ops/error.hpp"

namespace ops::archive {

/// A file as it was written: hashed on its way to the disk.
struct ExtractedFile {
  std::string path;
  unsigned mode;  // 0644 or 0755
  std::uint64_t bytes;
  base::Digest sha256;
};

/// Unpacks an archive that scan_zip() let pass into the empty directory `target`, which nothing can
/// leave: every part is opened with O_NOFOLLOW from its parent, every file created with O_EXCL.
/// Counts and checks the real bytes (size, CRC-32) against what was scanned. Syncs nothing: that is
/// the caller's, once for all. A large archive is unpacked by several threads, all gone when this
/// returns; memory stays constant, whatever the archive. On failure, and where it was stopped,
/// `target` may hold a part: the caller removes it.
[[nodiscard]] Result<std::vector<ExtractedFile>, ZipFailure> extract_zip(
    int fd, const ScannedArchive& scanned, int target, const std::stop_token& stop = {});

}  // namespace ops::archive
