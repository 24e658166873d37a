#pragma once

#include <functional>
#include <utility>

namespace ops::middleware {

/// Where an app is in its life. It only ever goes forward.
enum class Phase {
  starting,  // listening, but not fit to serve
  ready,
  draining,  // finishing what it has begun; takes nothing new
};

/// The one place that knows the phase: probes read it, the server and the supervisor are told by
/// it.
class Lifecycle {
 public:
  /// `on_ready` is called once, when the app turns ready.
  explicit Lifecycle(std::function<void()> on_ready) : on_ready_(std::move(on_ready)) {}

  [[nodiscard]] Phase phase() const { return phase_; }

  /// Does nothing when it is ready already, or draining: a late word from a slow start changes
  /// nothing.
  void become_ready() {
    if (phase_ != Phase::starting) return;
    phase_ = Phase::ready;
    on_ready_();
  }
  void begin_drain() { phase_ = Phase::draining; }

 private:
  Phase phase_ = Phase::starting;
  std::function<void()> on_ready_;
};

}  // namespace ops::middleware
