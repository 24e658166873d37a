#pragma once

#include <functional>

#include "loop/loop.hpp"

namespace ops::loop {

/// Lets another thread call back on the loop's thread. Several wakes before the loop gets to it
/// become one.
class Waker {
 public:
  Waker(Loop& loop, std::function<void()> on_wake);
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  ~Waker();

  /// From any thread, as long as the Waker lives.
  void wake();
  void do_not_keep_loop_alive();

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace ops::loop
