#pragma once

#include <functional>

#include "ops/supervisor/app_spec.hpp"
#include "ops/supervisor/event.hpp"

namespace ops::supervisor {

/// Keeps one app running, as its spec says, and tells what happens.
///
/// While run() runs, the signals TERM, INT, HUP, QUIT, USR1, USR2 and WINCH are caught and go to
/// the app; TERM and INT order it to stop. The app gets TERM when the thread that runs this dies.
/// No child of this process may be reaped by anybody else, and SIGCHLD must not be ignored.
class Supervisor {
 public:
  using Observer = std::function<void(const Event&)>;

  /// Does nothing yet. `observer` is called on the thread of run() and must not call back.
  explicit Supervisor(AppSpec spec, Observer observer = {});

  /// Opens the sockets, sets up the releases, runs the app until it has ended for good or was told
  /// to stop, and returns the exit status that follows from that: the app's own, 128 + N where
  /// signal N ended it, 127 and 126 where its program was not found or cannot be executed, 69 where
  /// an address cannot be listened on, 73 where the releases directory cannot be set up.
  [[nodiscard]] int run();

 private:
  AppSpec spec_;
  Observer observer_;
};

}  // namespace ops::supervisor
