#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ops::base {

/// Lower-case hexadecimal digits, two a byte.
[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);

/// Reads lower-case digits only: one value has one spelling. Nothing for an odd length or other
/// bytes.
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view text);

/// The digits A to F in lower case; other bytes stay as they are.
[[nodiscard]] std::string lower_hex(std::string_view text);

}  // namespace ops::base
