#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "http1/field.hpp"

namespace ops::http1 {

/// What is known of a request before its body. All views point into the head as it was read.
struct RequestHead {
  enum class Framing { none, length, chunked };

  std::string_view method;
  std::string_view path;   // raw, without the query
  std::string_view query;  // after '?', raw
  std::vector<Field> fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool absolute_target = false;  // the request line named scheme and host, as to a proxy
  bool is_1_0 = false;
  bool keep_alive = false;        // as the client wishes; HTTP/1.0 must ask for it
  bool expects_continue = false;  // it waits for "100 Continue" before it sends the body

  [[nodiscard]] bool has_body() const { return framing == Framing::chunked || content_length > 0; }
};

}  // namespace ops::http1
