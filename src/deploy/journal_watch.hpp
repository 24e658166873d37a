#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"

namespace ops::deploy {

/// Calls back when something in the releases directory was written, by whichever process: the
/// journal, or the lock's file as its holder lets go of it. Where the kernel has no inotify
/// instance left, it calls back four times a second instead. Keeps no loop alive.
class JournalWatch {
 public:
  JournalWatch(loop::Loop& loop, const std::string& releases, std::function<void()> on_change);
  JournalWatch(const JournalWatch&) = delete;
  JournalWatch& operator=(const JournalWatch&) = delete;
  ~JournalWatch() = default;

 private:
  void drain();

  std::function<void()> on_change_;
  base::UniqueFd inotify_;
  std::unique_ptr<loop::FdWatcher> watcher_;
  loop::Timer poll_;
};

}  // namespace ops::deploy
