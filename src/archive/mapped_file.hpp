#pragma once

#include <cstddef>
#include <span>

#include "ops/result.hpp"

namespace ops::archive {

/// A regular file mapped for reading. The file must not shrink while it is mapped.
class MappedFile {
 public:
  [[nodiscard]] static Result<MappedFile> map(int fd);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {start_, size_}; }

  /// Takes the pages that were read out of this process's memory again. bytes() stays as it is.
  void forget_pages() const;

 private:
  MappedFile(const std::byte* start, std::size_t size) : start_(start), size_(size) {}

  const std::byte* start_;  // null where the file is empty
  std::size_t size_;
};

}  // namespace ops::archive
