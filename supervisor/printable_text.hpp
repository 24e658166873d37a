#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ops::supervisor {

/// What a program said, fit to be shown anywhere: one line of valid UTF-8, at most `longest` bytes,
/// cut between two characters. A tab becomes a space; whatever else cannot be seen, or could steer
/// a terminal or turn the text around, and every byte that is no UTF-8, becomes '?'.
[[nodiscard]] std::string printable_text(std::string_view bytes, std::size_t longest);

}  // namespace ops::supervisor
