#pragma once

#include <chrono>

#include "ops/supervisor/restart_policy.hpp"

namespace ops::supervisor {

/// The delays between restarts that follow each other quickly. A value.
class RestartBackoff {
 public:
  explicit RestartBackoff(const Backoff& backoff);

  /// How long to wait this time; the next time it will be longer.
  [[nodiscard]] std::chrono::milliseconds next();
  /// The row has ended: the next one starts with the first delay.
  void reset();

 private:
  Backoff backoff_;
  double milliseconds_;
};

}  // namespace ops::supervisor
