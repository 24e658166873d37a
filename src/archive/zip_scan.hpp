#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "archive/refusal.hpp"
#include "ops/result.hpp"

namespace ops::archive {

/// How much an archive may hold. The last one under each is accepted, the first one over refused.
struct ScanLimits {
  std::uint64_t unpacked_bytes = std::uint64_t{1} << 30;
  std::size_t entries = 50'000;
  std::size_t least_files = 1;    // 0: an archive of nothing means something, too
  std::size_t depth = 32;         // parts of a path
  std::size_t name_bytes = 1024;  // of a whole path; a part has at most 255
  /// Of all paths together, which are held in memory: sources have some 50 bytes an entry.
  std::size_t all_name_bytes = std::size_t{8} << 20;
  /// Unpacked to packed bytes, of the whole archive, once it unpacks to more than
  /// `free_of_ratio`: sources stay below 30, a bomb reaches deflate's own limit of 1,032.
  std::uint64_t ratio = 200;
  std::uint64_t free_of_ratio = std::uint64_t{1} << 20;
};

enum class EntryKind { file, directory };
enum class Packing { stored, deflated };

/// One entry of an archive that was found well-formed. `path` has no leading or trailing slash.
struct ScannedEntry {
  std::string path;
  EntryKind kind;
  unsigned mode;  // 0644 or 0755
  std::uint64_t packed_bytes;
  std::uint64_t unpacked_bytes;
  std::uint64_t index;  // position in the central directory
  // Where and how the bytes lie in the archive: extraction reads these, never the headers again.
  std::uint64_t data_offset;
  Packing packing;
  std::uint32_t crc32;
};

/// What went wrong: the archive's fault, or the machine's (cannot read, no space, no descriptors).
using ZipFailure = std::variant<Refusal, Error>;

struct ScannedArchive {
  std::vector<ScannedEntry> entries;  // in central directory order
  std::uint64_t unpacked_bytes = 0;
};

/// Judges the structure of the zip in the file `fd` (of any size; it is mapped, never copied)
/// without inflating or writing anything: a zip that passes means the same to every parser. Every
/// rule but `bad_data`, and the real count behind `too_large`, is decided here. A file that cannot
/// be read is an Error, the machine's fault.
///
/// Directories, also those that are only implied by what lies in them, are counted against
/// `entries` as well, by themselves. ZIP64 is refused, as it is never needed below the limits; what
/// is taken of it is a field that gives an entry's sizes in 64 bits, which some writers always add.
[[nodiscard]] Result<ScannedArchive, ZipFailure> scan_zip(int fd, const ScanLimits& limits = {});

}  // namespace ops::archive
