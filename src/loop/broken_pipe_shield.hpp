#pragma once

#include <csignal>

namespace ops::loop {

/// While it lives, writing to a connection that the other side has closed is an error for this
/// thread and no SIGPIPE for the process: for code that runs in a program whose dispositions are
/// not ours to change. libuv writes without MSG_NOSIGNAL.
class BrokenPipeShield {
 public:
  BrokenPipeShield();
  BrokenPipeShield(const BrokenPipeShield&) = delete;
  BrokenPipeShield& operator=(const BrokenPipeShield&) = delete;
  ~BrokenPipeShield();

 private:
  sigset_t before_;
  bool was_pending_ = false;
};

}  // namespace ops::loop
