#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "archive/refusal.hpp"
#include "ops/result.hpp"

namespace ops::archive {

struct Sizes {
  std::uint64_t packed;
  std::uint64_t unpacked;
  bool operator==(const Sizes&) const = default;
};

/// Walks the extra fields of one header and returns the sizes that hold: `said`, as they stand in
/// the header, or those of the ZIP64 field where the header points there. Refused are fields that
/// do not add up, the Unicode Path field (it gives the entry a second name, which some readers
/// prefer) and a ZIP64 field that holds more or less than the header asks for. All other fields
/// (times, owners, link targets) are never looked at.
[[nodiscard]] Result<Sizes, Refusal> judge_extra_fields(std::span<const std::byte> fields,
                                                        Sizes said, std::string_view entry);

}  // namespace ops::archive
