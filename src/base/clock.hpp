#pragma once

#include <chrono>

namespace ops::base {

/// Time, injected. Durations are measured on the monotonic side, which no administrator can turn
/// back; the wall side is for what people and other machines read (journal lines, the expiry of a
/// key).
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override;
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override;
};

}  // namespace ops::base
