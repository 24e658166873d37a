#pragma once

#include "base/unique_fd.hpp"
#include "loop/loop.hpp"

namespace ops::loop {

/// One descriptor that is readable while a loop has something to serve: how a loop lives inside
/// another program's. libuv's own descriptor knows nothing of its timers; this one does.
class LoopDescriptor {
 public:
  explicit LoopDescriptor(Loop& loop);

  [[nodiscard]] int get() const { return both_.get(); }
  /// To be called whenever the loop was served, and whenever something was started on it.
  void rearm();

 private:
  Loop& loop_;
  base::UniqueFd timer_;
  base::UniqueFd both_;
};

}  // namespace ops::loop
