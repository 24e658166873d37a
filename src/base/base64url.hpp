#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ops::base {

/// RFC 4648 section 5, without padding.
[[nodiscard]] std::string to_base64url(std::span<const std::byte> bytes);

/// Reads only what to_base64url writes: no padding, no white space, unused bits zero. One value has
/// one spelling, so a key cannot be changed and still be accepted.
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64url(std::string_view text);

}  // namespace ops::base
