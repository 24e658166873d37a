#pragma once

#include <sys/types.h>

#include <functional>

#include "loop/loop.hpp"
#include "loop/signal_watcher.hpp"

namespace ops::supervisor {

/// Reaps the processes that were left to this one (as process 1, or as a subreaper) when they end.
/// Those that `is_ours` names are somebody else's to reap.
class OrphanReaper {
 public:
  OrphanReaper(loop::Loop& loop, std::function<bool(pid_t)> is_ours);

  /// Reaps whoever has ended. To be called after a child of ours was reaped: it may have hidden
  /// others.
  void reap();

 private:
  std::function<bool(pid_t)> is_ours_;
  loop::SignalWatcher child_signal_;
};

}  // namespace ops::supervisor
