#pragma once

#include <chrono>

#include "base/clock.hpp"

/// Time that stands still until the test moves it.
class ManualClock final : public ops::base::Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return now_; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return wall_; }

  void advance(std::chrono::milliseconds by) {
    now_ += by;
    wall_ += by;
  }

 private:
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::chrono::system_clock::time_point wall_{
      std::chrono::sys_days(std::chrono::year(2026) / 5 / 4)};
};
