#pragma once

#include <chrono>

#include "base/clock.hpp"

namespace ops::client {

/// How long somebody is ready to wait, and whether they still are. Everything that waits in this
/// room takes one, so a whole deploy has one end and can be interrupted at every point.
class Patience {
 public:
  /// Lasts for `limit` from now. It is lost early when `interrupt` (a signalfd, a pipe; -1: none)
  /// becomes readable; nothing is read from it. The clock and the descriptor must outlive this.
  Patience(const base::Clock& clock, std::chrono::milliseconds limit, int interrupt = -1);

  /// The same, but at most `limit` from now.
  [[nodiscard]] Patience at_most(std::chrono::milliseconds limit) const;

  /// Never negative.
  [[nodiscard]] std::chrono::milliseconds left() const;
  [[nodiscard]] bool interrupted() const;
  [[nodiscard]] bool lost() const { return left().count() == 0 || interrupted(); }
  [[nodiscard]] int interrupt_fd() const { return interrupt_; }

  /// Sleeps; returns early when there is nothing left or somebody interrupts.
  void wait(std::chrono::milliseconds pause) const;

 private:
  const base::Clock* clock_;
  std::chrono::steady_clock::time_point end_;
  int interrupt_;
};

}  // namespace ops::client
