#pragma once

#include <string_view>

namespace ops::http1 {

/// What stands between method and version (RFC 9112 3.2).
struct RequestTarget {
  std::string_view authority;  // of "http://authority/path", as clients write it to a proxy
  std::string_view path;       // raw, without the query; "/" where an authority stands alone
  std::string_view query;      // after '?', raw
  bool absolute = false;       // it has scheme and authority
};

/// The views point into `target`, or to a constant.
[[nodiscard]] RequestTarget split_target(std::string_view target);

}  // namespace ops::http1
