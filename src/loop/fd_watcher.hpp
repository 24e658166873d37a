#pragma once

#include <functional>
#include <utility>

#include "loop/loop.hpp"

namespace ops::loop {

/// Calls back, level-triggered, while a descriptor is readable or writable, whichever it is watched
/// for; an error or an end counts as either. The descriptor stays the caller's and must stay open
/// while it is watched.
class FdWatcher {
 public:
  enum class Until { readable, writable };

  FdWatcher(Loop& loop, int fd, std::function<void()> on_readable)
      : FdWatcher(loop, fd, Until::readable, std::move(on_readable)) {}
  FdWatcher(Loop& loop, int fd, Until until, std::function<void()> on_it);
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
