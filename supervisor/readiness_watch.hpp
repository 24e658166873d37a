#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "ops/supervisor/readiness.hpp"
#include "supervisor/deadline.hpp"
#include "supervisor/readiness_probe.hpp"

namespace ops::supervisor {

/// Finds out whether an instance that has just started is ready, or that its time is over. What it
/// says itself on NOTIFY_SOCKET is told by others.
class ReadinessWatch {
 public:
  struct Events {
    std::function<void()> on_ready;
    std::function<void()> on_timeout;
  };

  /// One of the two comes, once. The watch may be destroyed in it.
  ReadinessWatch(loop::Loop& loop, const Readiness& readiness, Events events);
  ReadinessWatch(const ReadinessWatch&) = delete;
  ReadinessWatch& operator=(const ReadinessWatch&) = delete;
  ~ReadinessWatch() = default;

  /// There is `time` from now, if that is longer than there was.
  void extend(std::chrono::milliseconds time);

 private:
  loop::Timer settle_;
  Deadline timeout_;
  std::unique_ptr<ReadinessProbe> probe_;
};

}  // namespace ops::supervisor
