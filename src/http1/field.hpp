#pragma once

#include <string_view>

namespace ops::http1 {

/// A header field, as views into the head that it was read from.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// Whether two field names, or two tokens, are the same: ASCII letters compare without case.
[[nodiscard]] bool same_token(std::string_view left, std::string_view right);

/// RFC 9110 5.6.2: the bytes of a method or of a field's name, at least one.
[[nodiscard]] bool is_token(std::string_view text);

/// Visible bytes, spaces, tabs and bytes from 0x80 on: what a field's value may hold. No CR, LF or
/// NUL.
[[nodiscard]] bool is_field_value(std::string_view text);

/// Without the spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace ops::http1
