#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ops::supervisor {

/// Reads digits and nothing else: no sign, no space, no unit. None where the number is not from
/// `least`, which must not be negative, to `most`.
[[nodiscard]] std::optional<std::int64_t> decimal(std::string_view digits, std::int64_t least,
                                                  std::int64_t most);

}  // namespace ops::supervisor
