#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ops::archive {

/// Takes one code point off the front of `text`. Nothing, and `text` as it was, where the bytes are
/// not UTF-8 in its one valid spelling (RFC 3629: no overlong form, no surrogate, no more than
/// U+10FFFF). `text` must not be empty.
[[nodiscard]] std::optional<char32_t> take_code_point(std::string_view& text);

void append_utf8(std::string& text, char32_t code_point);

/// `bytes` for a log, a terminal or a message: letters of common scripts stay, every other byte
/// (controls, invisible and direction marks, invalid UTF-8, quotes) becomes \xNN; what is long is
/// cut.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace ops::archive
