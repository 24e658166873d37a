#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "archive/refusal.hpp"
#include "ops/result.hpp"

namespace ops::archive {

/// Where the central directory lies and how many records it has. Exactly between the entries and
/// the end record: nothing before it belongs to it, nothing follows.
struct DirectoryExtent {
  std::size_t offset;
  std::size_t size;
  std::uint16_t records;
};

/// Finds the end-of-central-directory record and judges it: it is the only one that any reader can
/// find, it ends with the file, and the directory it speaks of touches it.
[[nodiscard]] Result<DirectoryExtent, Refusal> read_end_record(std::span<const std::byte> file);

}  // namespace ops::archive
