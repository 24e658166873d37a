#pragma once

#include <cstdlib>
#include <string_view>

#include "sanitized.hpp"

/// How often something is done that can be done any number of times: `brief` in the ordinary run,
/// `full` where OPS_SOAK=full is set. A sanitizer makes all of it ten times slower.
[[nodiscard]] inline int soak_size(int brief, int full) {
  const char* soak = std::getenv("OPS_SOAK");
  const int size = soak != nullptr && std::string_view(soak) == "full" ? full : brief;
  return is_sanitized ? size / 10 : size;
}
