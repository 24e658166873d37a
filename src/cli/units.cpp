#include "cli/units.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ops::cli {
namespace {

// One decimal below ten, none above.
std::string rounded(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f" : "%.0f", value);
  return text.data();
}

}  // namespace

std::string in_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  constexpr std::array<const char*, 6> units{" kB", " MB", " GB", " TB", " PB", " EB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.5; ++unit) value /= 1000;
  return rounded(value) + units.at(unit);
}

std::string in_time(std::chrono::milliseconds time) {
  const long long ms = std::max<long long>(time.count(), 0);
  if (ms < 1000) return std::to_string(ms) + " ms";
  if (ms < 60'000) return rounded(static_cast<double>(ms) / 1000) + " s";
  return std::to_string(ms / 60'000) + " min " + std::to_string(ms / 1000 % 60) + " s";
}

std::string in_files(std::size_t files) {
  return std::to_string(files) + (files == 1 ? " file" : " files");
}

}  // namespace ops::cli
