#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ops::middleware {

/// A header field: names compare without case (RFC 9110 5.1).
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// A request as a handler sees it. All views are valid until the handler returns; what is needed
/// later (after a deferred reply, on another thread) must be copied.
struct Request {
  std::string_view method = {};  // "GET", in upper case; HEAD reaches handlers as HEAD
  std::string_view path = {};    // raw, neither decoded nor normalised, without the query
  std::string_view query = {};   // after '?', raw; empty where there is none
  std::string_view peer = {};    // the other side's IP address, or "unix"; never a header's word
  std::vector<HeaderField> headers = {};
  std::string_view body = {};  // whole, at most ServerLimits::body_bytes

  /// The value of the first field of that name; empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// How often a field stands there. Security headers must stand exactly once.
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// The raw value of `name` in the query ("ms" in "?ms=20"); empty where there is none.
  [[nodiscard]] std::string_view query_value(std::string_view name) const;
};

/// A whole answer. Content-Length, Date and Connection are added by the server.
struct Response {
  int status = 200;  // 200 to 599
  std::string body = {};
  std::string content_type =
      "text/plain; charset=utf-8";  // not sent with an empty body of 204 or 304
  std::vector<std::pair<std::string, std::string>> headers = {};

  [[nodiscard]] static Response text(int status, std::string body);
  [[nodiscard]] static Response json(int status, std::string body);
};

}  // namespace ops::middleware
