#pragma once

#include <chrono>
#include <vector>

namespace ops::supervisor {

/// How long to wait between restarts that follow each other quickly: `first`, then each time
/// `factor` times as long, never longer than `cap`. A restart after the app was ready, or ran for a
/// second, is immediate and starts the row anew. A `cap` of 0 never waits.
struct Backoff {
  std::chrono::milliseconds first{100};
  double factor = 2;
  std::chrono::milliseconds cap{10'000};
};

/// What the end of the app leads to.
struct RestartPolicy {
  enum class When { never, on_failure, always };

  /// Exit codes by which the app says: start me again. May be empty.
  std::vector<int> codes = {99};
  /// What any other end leads to. `on_failure` is any status but 0. Where it does not lead to a
  /// restart, the status is handed on.
  When otherwise = When::never;
  Backoff backoff = {};
};

}  // namespace ops::supervisor
