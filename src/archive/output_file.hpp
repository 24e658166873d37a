#pragma once

#include <zip.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ops/result.hpp"

namespace ops::archive {

/// The most bytes that one file, or the whole zip, may have. Where more might be needed than 4 GiB,
/// and be it for a file that deflating makes larger, libzip uses ZIP64, which scan_zip() refuses.
constexpr std::uint64_t most_bytes_without_zip64 = 4'000'000'000;
[[nodiscard]] Error too_many_bytes();

/// The zip that libzip writes. It goes into an empty file that is open for writing, without being
/// read: to libzip it is an empty archive that gets new contents.
class OutputFile {
 public:
  /// `fd` stays the caller's; an error in writing is put into `failure`.
  OutputFile(int fd, std::optional<Error>& failure) : fd_(fd), failure_(failure) {}

  /// Where the next byte will be written; after the last one, the size.
  [[nodiscard]] std::uint64_t position() const { return position_; }

  // What libzip's commands become: see answer_libzip().
  [[nodiscard]] Result<std::uint64_t> answer(zip_source_cmd_t command, void* bytes,
                                             std::uint64_t length);
  [[nodiscard]] std::optional<Error>& failure() const { return failure_; }

 private:
  Result<std::uint64_t> write(std::span<const std::byte> bytes);
  Result<std::uint64_t> seek(void* where, std::uint64_t length);
  Result<std::uint64_t> flush();

  int fd_;
  std::optional<Error>& failure_;
  std::uint64_t position_ = 0;
  // libzip writes many small pieces, and each header twice: they are put together here.
  std::vector<std::byte> gathered_;
  std::uint64_t gathered_at_ = 0;
};

}  // namespace ops::archive
