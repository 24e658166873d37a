#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "archive/zip_scan.hpp"
#include "ops/result.hpp"

namespace ops::archive {

/// Writes the records of a zip around data that comes in pieces. An entry's data is written first;
/// its header goes in front of it when the sizes are known, so no data descriptor is needed.
class ZipWriter {
 public:
  /// `fd` is an empty file, open for writing; it stays the caller's.
  explicit ZipWriter(int fd) : fd_(fd) {}

  /// Leaves room for the header of `name`. Called again for the same entry it starts that one anew.
  void begin_entry(std::string_view name);
  [[nodiscard]] Result<void> append(std::span<const std::byte> packed);
  [[nodiscard]] std::uint64_t packed_bytes() const { return at_ - data_; }

  struct Contents {
    unsigned mode;
    Packing packing;
    std::uint32_t crc32;
    std::uint64_t unpacked_bytes;
  };
  [[nodiscard]] Result<void> end_entry(const Contents& contents);

  /// The central directory and the end. Returns the size of the whole.
  [[nodiscard]] Result<std::uint64_t> finish();

 private:
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::string_view bytes) const;

  int fd_;
  std::uint64_t begin_ = 0;  // of the current entry
  std::uint64_t data_ = 0;
  std::uint64_t at_ = 0;
  std::string name_;
  std::string directory_;
  std::uint64_t entries_ = 0;
};

}  // namespace ops::archive
