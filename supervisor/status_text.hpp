#pragma once

#include <string>
#include <string_view>

namespace ops::supervisor {

/// What somebody says about himself, fit to be shown anywhere: one line of valid UTF-8 and at most
/// 256 bytes, cut between two characters. A tab becomes a space; whatever else cannot be seen, or
/// could steer a terminal or turn the text around, and every byte that is no UTF-8, becomes '?'.
[[nodiscard]] std::string status_text(std::string_view text);

}  // namespace ops::supervisor
