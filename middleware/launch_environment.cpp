#include "middleware/launch_environment.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace ops::middleware {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

template <typename Number>
std::optional<Number> number(std::string_view text, Number least, Number most) {
  Number value = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), value);
  const bool whole = failure == std::errc() && end == text.end();
  return whole && value >= least && value <= most ? std::optional(value) : std::nullopt;
}

int restart_code() {
  constexpr int usual = 99;
  return number<int>(variable("OPS_RESTART_CODE"), 1, 255).value_or(usual);
}

std::chrono::microseconds watchdog() {
  // More than that is for ever.
  constexpr long long longest = std::chrono::microseconds(std::chrono::years(100)).count();
  const auto interval = number<long long>(variable("WATCHDOG_USEC"), 1, longest);
  const std::string whose = variable("WATCHDOG_PID");
  const bool ours = whose.empty() || whose == std::to_string(::getpid());
  return std::chrono::microseconds(ours ? interval.value_or(0) : 0);
}

}  // namespace

LaunchEnvironment read_launch_environment() {
  return {.releases = variable("OPS_RELEASES"),
          .release = variable("OPS_RELEASE"),
          .notify_socket = variable("NOTIFY_SOCKET"),
          .restart_code = restart_code(),
          .overlaps = variable("OPS_OVERLAP") == "1",
          .succeeds = variable("OPS_SUCCESSOR") == "1",
          .watchdog = watchdog()};
}

}  // namespace ops::middleware
