#pragma once

#include <chrono>
#include <functional>

#include "loop/loop.hpp"

namespace ops::loop {

/// Calls back once, or again and again, on the loop's thread. May be destroyed in its own callback.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  /// Fires once, `delay` from the present moment (not from the loop's cached time). Starting a
  /// running timer sets it anew; a negative delay is none.
  void start(std::chrono::milliseconds delay);
  /// Fires every `period`, first after one of them.
  void start_repeating(std::chrono::milliseconds period);
  void stop();
  [[nodiscard]] bool running() const;
  /// A timer that only tidies up should not keep Loop::run from returning.
  void do_not_keep_loop_alive();

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace ops::loop
