#include "cli/timeout.hpp"

#include <charconv>
#include <cmath>

namespace ops::cli {

Result<std::chrono::milliseconds> parse_timeout(const std::string& text) {
  constexpr double longest = 86'400;
  constexpr double shortest = 0.001;
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != end || !(seconds >= shortest && seconds <= longest)) {
    return Error{"--timeout takes seconds, more than 0 and at most 86400, not \"" + text + "\""};
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace ops::cli
