#pragma once

#include <functional>

#include "loop/loop.hpp"

namespace ops::loop {

/// Calls back on the loop's thread when the process gets a signal. While it lives the signal's own
/// effect is off; afterwards it is back to the default, not to what it was before (libuv issue
/// 2435), so a watcher should live as long as the program. Signals that come together may become
/// one.
class SignalWatcher {
 public:
  SignalWatcher(Loop& loop, int signal, std::function<void()> on_signal);
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;
  ~SignalWatcher();

  void do_not_keep_loop_alive();

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace ops::loop
