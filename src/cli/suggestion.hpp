#pragma once

#include <span>
#include <string_view>

namespace ops::cli {

/// The known word that was most likely meant by `typed`: at most two letters changed, added or left
/// out. Empty where none is that near.
[[nodiscard]] std::string_view suggestion(std::string_view typed,
                                          std::span<const std::string_view> known);

}  // namespace ops::cli
