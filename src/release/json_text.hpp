#pragma once

#include <string>

namespace ops::release {

/// A text that somebody may have written into an object; empty where there is none.
template <typename Json>
[[nodiscard]] std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->template get<std::string>()
                                                     : std::string();
}

}  // namespace ops::release
