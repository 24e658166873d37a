#include "http1/http_date.hpp"

#include <array>

namespace ops::http1 {
namespace {

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string two_digits(unsigned number) {
  return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

std::string to_text(std::chrono::sys_seconds second) {
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  const std::chrono::weekday weekday(day);
  std::string text(weekdays[weekday.c_encoding()]);
  text += ", " + two_digits(static_cast<unsigned>(date.day())) + ' ';
  text += months[static_cast<unsigned>(date.month()) - 1];
  text += ' ' + std::to_string(static_cast<int>(date.year())) + ' ';
  text += two_digits(static_cast<unsigned>(time.hours().count())) + ':';
  text += two_digits(static_cast<unsigned>(time.minutes().count())) + ':';
  text += two_digits(static_cast<unsigned>(time.seconds().count())) + " GMT";
  return text;
}

}  // namespace

std::string_view HttpDate::at(std::chrono::system_clock::time_point moment) {
  const auto second = std::chrono::floor<std::chrono::seconds>(moment);
  if (second != second_) {
    second_ = second;
    text_ = to_text(second);
  }
  return text_;
}

}  // namespace ops::http1
