#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http1/refusal.hpp"

namespace ops::http1 {

struct HeadLimits {
  std::size_t request_line_bytes = std::size_t{8} * 1024;  // without its CRLF [414]
  std::size_t head_bytes = std::size_t{16} * 1024;         // with the empty line that ends it [431]
  std::size_t fields = 100;                                // [431]
};

/// Judges a complete head, request line to empty line, before the parser sees it. What passes has
/// one meaning to every reader of RFC 9112, so no proxy in front can have seen other requests in
/// the same bytes: lines end with CRLF and nowhere else, there is no folding, one Host, one
/// framing.
///
/// Refused too: methods that the server has for no resource (501), CONNECT among them, versions but
/// 1.0 and 1.1 (505), and expectations but 100-continue (417). A target with scheme and authority
/// must name the same host as Host does. Upgrade may be ignored (RFC 9110 7.8), and is.
[[nodiscard]] std::optional<Refusal> check_head(std::string_view head, const HeadLimits& limits);

/// The form of one field line, without its CRLF: a head's or a trailer's.
[[nodiscard]] std::optional<Refusal> check_field_line(std::string_view line);

}  // namespace ops::http1
