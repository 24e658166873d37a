#pragma once

#include <functional>
#include <memory>
#include <span>

#include "loop/loop.hpp"
#include "ops/result.hpp"

namespace ops::loop {

/// Takes signals out of the kernel's queue (signalfd(2)) and calls back with their numbers on the
/// loop's thread. For a program of its own that must be quick: a SignalWatcher's handler has to
/// wake the loop first, which doubles the time. As all signals that wait, those of one number that
/// come before the loop gets to them are one, and different ones come in the order of their
/// numbers.
///
/// The signals are blocked in the calling thread. Threads that are there already must not take them
/// either; those that it starts, and processes, inherit that. They stay blocked when this goes: one
/// that comes too late does not end the process. A signal goes to one queue of a process only.
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
