#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ops::archive {

/// Reads little-endian fields one after the other and never beyond the end: from the first field
/// that does not fit, everything reads as zero or empty and ok() is false. So a whole record is
/// read first and asked once.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  [[nodiscard]] std::uint64_t u64() { return number(8); }

  [[nodiscard]] std::span<const std::byte> take(std::uint64_t length) {
    if (!ok_ || length > rest_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = rest_.first(static_cast<std::size_t>(length));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] std::string_view text(std::uint64_t length) {
    const auto taken = take(length);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  void skip(std::uint64_t length) { static_cast<void>(take(length)); }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::uint64_t number(unsigned length) {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const std::byte byte : take(length)) {
      value |= std::to_integer<std::uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace ops::archive
