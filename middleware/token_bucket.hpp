#pragma once

#include <algorithm>
#include <chrono>

namespace ops::middleware {

/// So many at once, and one more each period. Times are monotonic.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  TokenBucket(unsigned most, std::chrono::milliseconds period)
      : most_(most), period_(period), tokens_(most) {}

  /// How long until there is one; zero: now.
  [[nodiscard]] std::chrono::milliseconds wait(Time now) {
    refill(now);
    if (tokens_ > 0) return {};
    return std::chrono::ceil<std::chrono::milliseconds>(refilled_ + period_ - now);
  }
  /// Whether there was one to take.
  bool take(Time now) {
    refill(now);
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  void refill(Time now) {
    // A full bucket fills no further: its next period begins when one is taken.
    if (tokens_ == most_) refilled_ = now;
    const long long periods = (now - refilled_) / period_;
    if (periods <= 0) return;
    const long long room = most_ - tokens_;
    tokens_ += static_cast<unsigned>(std::min(periods, room));
    refilled_ += periods * Time::duration(period_);
  }

  unsigned most_;
  std::chrono::milliseconds period_;
  unsigned tokens_;
  Time refilled_ = {};
};

}  // namespace ops::middleware
