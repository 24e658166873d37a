#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "archive/byte_reader.hpp"
#include "archive/extra_field.hpp"
#include "archive/refusal.hpp"
#include "archive/zip_scan.hpp"
#include "ops/result.hpp"

namespace ops::archive {

/// One record of the central directory, as it stands there. Views into the mapped archive.
struct CentralRecord {
  std::string_view raw_name;  // a directory's ends in '/'
  std::uint16_t flags;
  std::uint16_t method;
  std::uint32_t crc32;
  Sizes sizes;
  std::uint16_t disk;
  std::uint32_t external_attributes;
  std::uint32_t local_offset;
  std::span<const std::byte> extra;

  [[nodiscard]] bool named_as_directory() const { return raw_name.ends_with('/'); }
  /// Without a directory's slash.
  [[nodiscard]] std::string_view path() const;
};

/// Reads the next record, and its true sizes from the ZIP64 field where they stand there.
[[nodiscard]] Result<CentralRecord, Refusal> read_central_record(ByteReader& directory);

/// The rules that one record can break by itself, but for its name.
[[nodiscard]] std::optional<Refusal> judge_central_record(const CentralRecord& record);

/// 0644 or 0755, whatever else the record asks for (setuid, world-writable, …).
[[nodiscard]] unsigned mode_of(const CentralRecord& record);

}  // namespace ops::archive
