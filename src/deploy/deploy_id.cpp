#include "deploy/deploy_id.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/random.hpp"

namespace ops::deploy {
namespace {

constexpr std::string_view prefix = "d-";
constexpr std::size_t time_digits = 11;
constexpr std::size_t random_digits = 9;

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string new_deploy_id(const base::Clock& clock) {
  const auto since = clock.wall().time_since_epoch();
  auto milliseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
  std::string time(time_digits, '0');
  for (auto digit = time.rbegin(); digit != time.rend(); ++digit, milliseconds /= 16) {
    *digit = "0123456789abcdef"[milliseconds % 16];
  }
  return std::string(prefix) + time + base::random_hex(random_digits);
}

bool is_deploy_id(std::string_view text) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text.size() == time_digits + random_digits &&
         std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace ops::deploy
