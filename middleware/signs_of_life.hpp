#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "middleware/supervisor_notice.hpp"

namespace ops::middleware {

/// `WATCHDOG=1` to the supervisor, from the loop that serves: a loop that hangs gives no sign.
class SignsOfLife {
 public:
  /// `address` is what NOTIFY_SOCKET says; the loop must outlive it.
  SignsOfLife(loop::Loop& loop, std::string address);

  /// One now, and from now on two in each `interval`, as long as the loop runs; none where it is 0.
  void begin(std::chrono::microseconds interval);

 private:
  void give() const;

  std::string address_;
  std::optional<NoticeSocket> socket_;
  loop::Timer due_;
};

}  // namespace ops::middleware
