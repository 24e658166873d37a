#include "base/rfc3339.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace ops::base {
namespace {

// The number in text[at, at+digits), or nothing where any of it is no digit.
std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool has_separators(std::string_view text) {
  return text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':';
}

}  // namespace

std::string to_rfc3339(std::chrono::system_clock::time_point moment) {
  const auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(moment.time_since_epoch()).count();
  auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  auto fraction = static_cast<int>(milliseconds % 1000);
  if (fraction < 0) {
    fraction += 1000;
    --seconds;
  }
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, fraction);
  return text.data();
}

std::optional<std::chrono::system_clock::time_point> from_rfc3339(std::string_view text) {
  const bool plain = text.size() == 20;
  const bool with_fraction = text.size() == 24 && text[19] == '.';
  if ((!plain && !with_fraction) || text.back() != 'Z' || !has_separators(text))
    return std::nullopt;
  const auto year = number_at(text, 0, 4), month = number_at(text, 5, 2),
             day = number_at(text, 8, 2), hour = number_at(text, 11, 2),
             minute = number_at(text, 14, 2), second = number_at(text, 17, 2),
             fraction = with_fraction ? number_at(text, 20, 3) : std::optional<int>(0);
  if (!year || !month || !day || !hour || !minute || !second || !fraction) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + std::chrono::milliseconds(*fraction);
}

}  // namespace ops::base
