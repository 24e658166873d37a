#pragma once

#include <functional>

#include "loop/loop.hpp"

namespace ops::loop {

/// Calls back, level-triggered, while a descriptor is readable (or has ended). The descriptor stays
/// the caller's and must stay open while it is watched.
class FdWatcher {
 public:
  FdWatcher(Loop& loop, int fd, std::function<void()> on_readable);
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;
  ~FdWatcher();

  void start();
  void stop();
  void do_not_keep_loop_alive();

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace ops::loop
