#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "archive/central_record.hpp"
#include "archive/refusal.hpp"
#include "ops/result.hpp"

namespace ops::archive {

/// The bytes that one entry takes up: its local header, its data, its data descriptor.
struct EntryExtent {
  std::uint64_t begin;
  std::uint64_t data;
  std::uint64_t end;
};

/// Judges what stands at the entry itself against its central record: the same name, flags, method,
/// CRC and sizes, and after the data the descriptor where there must be one (with its signature and
/// in 32 bits). `entries` is the archive up to the central directory.
[[nodiscard]] Result<EntryExtent, Refusal> judge_local_record(std::span<const std::byte> entries,
                                                              const CentralRecord& central);

}  // namespace ops::archive
