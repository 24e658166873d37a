#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ops::http1 {

/// What a client that sent "Expect: 100-continue" waits for.
inline constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

/// The words after a status ("Not Found"); "Status" for one that this table does not have.
[[nodiscard]] std::string_view reason_phrase(int status);

/// Appends the head of an answer to `out`: status line, fields, the empty line.
class HeadWriter {
 public:
  /// `status` has three digits.
  HeadWriter(std::string& out, int status);

  /// The name must be a token and the value a field's value: whoever takes them from outside checks
  /// them first with is_token() and is_field_value().
  void field(std::string_view name, std::string_view value);
  void field(std::string_view name, std::uint64_t value);
  void end();

 private:
  std::string& out_;
};

/// Appends one chunk. An empty one would end the body, so nothing is appended for it.
void append_chunk(std::string& out, std::string_view bytes);
/// What ends a chunked body.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace ops::http1
