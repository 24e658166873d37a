#include "supervisor/decimal.hpp"

#include <charconv>
#include <system_error>

namespace ops::supervisor {

std::optional<std::int64_t> decimal(std::string_view digits, std::int64_t least,
                                    std::int64_t most) {
  if (digits.starts_with('-')) return std::nullopt;  // -0, too
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [read_to, failure] = std::from_chars(digits.data(), end, value);
  if (failure != std::errc() || read_to != end) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

}  // namespace ops::supervisor
