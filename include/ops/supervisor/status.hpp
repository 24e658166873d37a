#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ops::supervisor {

/// What is so now, for a person or a program that asks.
struct Status {
  enum class State {
    starting,    // an instance runs, or is about to, and is not ready yet
    running,     // an instance is ready
    replacing,   // one serves, and beside it the next one is getting ready
    reloading,   // it is ready and said that it reads its settings anew
    stopping,    // told to end, and nothing follows
    restarting,  // told to end, or it has ended, and the next start follows at once
    waiting,     // nothing runs; the next start is delayed
    ended,
  };

  /// How the last instance ended: with a code, or by a signal (else 0).
  struct Exit {
    int code = 0;
    int signal = 0;
  };

  State state = State::starting;
  /// Of the instance that serves; 0 where none runs.
  long pid = 0;
  /// Counts the instances that were started; the first is 1.
  unsigned long generation = 0;
  /// How many starts followed the first.
  unsigned long restarts = 0;
  /// Empty without releases.
  std::string release = {};
  /// How long the instance that serves has run.
  std::chrono::milliseconds uptime{0};
  std::optional<Exit> last_exit = {};
  /// While waiting: until the next start.
  std::optional<std::chrono::milliseconds> next_start = {};
  /// What the app said about itself (`STATUS=` on NOTIFY_SOCKET): printable text, at most 256
  /// bytes.
  std::string text = {};
};

/// "running", as the control socket and people call it.
[[nodiscard]] std::string_view to_string(Status::State state);

}  // namespace ops::supervisor
