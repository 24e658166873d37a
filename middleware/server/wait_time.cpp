#include "middleware/server/wait_time.hpp"

#include <algorithm>

namespace ops::middleware {
namespace {

using std::chrono::milliseconds;
using Wait = ConnectionWait;

constexpr milliseconds farewell_time{100};
/// Requests that had reached the host when the drain began have been read by then.
constexpr milliseconds late_request_time{20};
/// A client that has just connected has its first request on the way.
constexpr milliseconds late_first_request_time{250};

}  // namespace

milliseconds wait_time(Wait wait, const ServerLimits& limits) {
  switch (wait) {
    case Wait::first_byte:
      return limits.keep_alive;
    case Wait::head:
      return limits.head_time;
    case Wait::body:
      return limits.body_pause;
    case Wait::late_request:
      return late_request_time;
    case Wait::late_first_request:
      return late_first_request_time;
    case Wait::farewell:
      return farewell_time;
    case Wait::linger:
      return limits.linger;
    case Wait::forever:
      break;
  }
  return milliseconds::max();
}

milliseconds check_period(const ServerLimits& limits) {
  const auto shortest =
      std::min({limits.keep_alive, limits.head_time, limits.body_pause, limits.write_pause});
  return std::clamp(shortest / 10, milliseconds(10), milliseconds(250));
}

}  // namespace ops::middleware
