#pragma once

#include <functional>
#include <memory>
#include <span>

#include "loop/loop.hpp"
#include "ops/result.hpp"

namespace ops::loop {

/// Takes signals out of the kernel's queue (signalfd(2)) and calls back with their numbers on the
/// loop's thread, in the order in which the kernel gives them. For a program of its own that must
/// be quick: a SignalWatcher's handler has to wake the loop first, which doubles the time. The
/// signals are blocked in the calling thread, which must be the only one, or be started before all
/// others. They stay blocked when this goes: one that comes too late does not end the process.
///
/// It may be destroyed in its own callback.
class SignalQueue {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SignalQueue>> open(
      Loop& loop, std::span<const int> signals, std::function<void(int)> on_signal);
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  ~SignalQueue();

 private:
  struct State;
  explicit SignalQueue(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace ops::loop
