#pragma once

#include <chrono>
#include <functional>

#include "loop/loop.hpp"
#include "loop/timer.hpp"

namespace ops::supervisor {

/// A point in time that can be put off. May be destroyed in its own callback.
class Deadline {
 public:
  Deadline(loop::Loop& loop, std::function<void()> on_reached);

  void start(std::chrono::milliseconds time);
  /// There is `time` from now, if that is longer than there was. Does nothing where there is no
  /// end.
  void extend(std::chrono::milliseconds time);
  void stop() { timer_.stop(); }

 private:
  loop::Timer timer_;
  std::chrono::steady_clock::time_point at_ = {};
};

}  // namespace ops::supervisor
