#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace ops::http1 {

/// Moments as the Date field writes them ("Sun, 06 Nov 1994 08:49:37 GMT"), whatever the locale.
/// Remembers the last second, because answers come by the thousand in one.
class HttpDate {
 public:
  /// Valid until the next call.
  [[nodiscard]] std::string_view at(std::chrono::system_clock::time_point moment);

 private:
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::string text_;
};

}  // namespace ops::http1
