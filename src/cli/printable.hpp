#pragma once

#include <string>
#include <string_view>

namespace ops::cli {

/// `text` without anything that could move a terminal's cursor, colour it, turn its direction or
/// forge a line: whole escape sequences are dropped, other control characters and what is no UTF-8
/// become '?'. Line ends stay where `lines` says so; a sequence that is not finished ends there.
enum class Lines { one, many };
[[nodiscard]] std::string printable(std::string_view text, Lines lines = Lines::one);

}  // namespace ops::cli
