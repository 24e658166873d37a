#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hex.hpp"
#include "catch.hpp"

namespace ops::base {

/// The bytes of a text, as the functions under test take them.
inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// The bytes that a published test vector writes in hexadecimal digits.
inline std::vector<std::byte> bytes_of_hex(std::string_view digits) {
  auto bytes = from_hex(digits);
  REQUIRE(bytes.has_value());
  return *bytes;
}

}  // namespace ops::base
