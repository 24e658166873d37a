#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/sha256.hpp"

namespace ops::base {

/// HMAC-SHA256 (RFC 2104).
[[nodiscard]] Digest hmac_sha256(std::span<const std::byte> key, std::string_view message);

/// HKDF-SHA256 (RFC 5869) with an empty salt, one block of output.
[[nodiscard]] Digest hkdf_sha256(std::span<const std::byte> secret, std::string_view info);

/// Compares without telling by its time where the difference lies. Different lengths are unequal at
/// once.
[[nodiscard]] bool equal_in_constant_time(std::span<const std::byte> a,
                                          std::span<const std::byte> b);

}  // namespace ops::base
