#pragma once

#include <cstddef>
#include <random>
#include <string>

/// Bytes that no method makes smaller, the same ones at each call.
inline std::string noise(std::size_t bytes) {
  std::mt19937 random(1);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}
