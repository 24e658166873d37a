#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "ops/supervisor/restart_policy.hpp"
#include "supervisor/restart_backoff.hpp"

namespace ops::supervisor {

// The life of an app under supervision, as a pure function. An app runs in the four phases in the
// middle; in the others there is none.
//
//   launching --launched--> starting --ready--> running
//       ^                    |  |  |             |  |
//       |           not_ready|  |  |TERM/INT     |  |restart_asked
//       |                    v  |  v             |  v
//       |               failing |  stopping <----+ restarting
//       |                    |  |  |             |  |
//       |                    +--+--+---exited----+--+
//       |                                |
//       |                                v
//       +--cleared-------------------- clearing --cleared--> ended
//       |                                |
//       +--delay_over-- waiting <--------+
//
enum class Phase {
  launching,   // the next instance is being prepared and started
  starting,    // it runs and is not ready yet
  running,     // it is ready
  failing,     // it was not ready in time and was told to end
  restarting,  // it was told to end so that the next one can start
  stopping,    // it was told to end because we were
  clearing,    // it has ended; the rest of its process group is being ended
  waiting,     // the next start is delayed
  ended,
};

/// What is so before anything happens and stays so.
struct AppRules {
  RestartPolicy restart = {};
  /// From the order to stop to the KILL; 0 is never.
  std::chrono::milliseconds stop_timeout{25'000};
};

/// How the release stands that an instance was started with.
enum class Trial {
  none,   // it need not prove itself
  first,  // it is on trial
  again,  // it is on trial, and so was the instance before
};

struct AppEvent {
  enum class Kind {
    launched,        // `trial`
    launch_failed,   // `trial`, `value`: the status a shell gives it
    launch_put_off,  // `trial`, `value`: as above, but it may work a moment later
    ready,
    not_ready,  // and the time is over
    exited,     // `value`: the status as a shell tells it
    cleared,    // nobody is left of the app's group
    signalled,  // `value`: the signal that we got
    kill_due,
    delay_over,
    restart_asked,
  };

  Kind kind = Kind::delay_over;
  int value = 0;
  Trial trial = Trial::none;
  std::chrono::steady_clock::time_point at = {};
};

/// Why a release has failed its trial.
enum class TrialFailure { did_not_start, exited, not_ready, restarted_too_often };

struct AppAction {
  enum class Kind {
    launch,           // prepare and start the next instance
    watch_readiness,  // of the instance that was just launched
    send,             // `value`, a signal, to the app
    kill_group,
    clear_group,     // TERM to what is left of the group, and tell when nobody is
    set_kill_timer,  // `delay`
    stop_kill_timer,
    wait,        // `delay`
    pass_trial,  // of the instance's release
    fail_trial,  // `failure`, and `value`: the status of an app that has ended
    end,         // `value`: our exit status
  };

  Kind kind = Kind::launch;
  int value = 0;
  std::chrono::milliseconds delay{0};
  TrialFailure failure = TrialFailure::exited;

  bool operator==(const AppAction&) const = default;
};

struct AppState {
  enum class Proving { not_needed, on_trial, failed };

  explicit AppState(const Backoff& delays) : backoff(delays) {}

  /// Before anything has happened: the first start waits for `delay_over` like all others.
  Phase phase = Phase::waiting;
  RestartBackoff backoff;

  // Of the instance that runs, or ran last.
  std::chrono::steady_clock::time_point launched_at = {};
  bool was_ready = false;
  bool got_term = false;
  Proving proving = Proving::not_needed;
  int restarts_on_trial = 0;

  /// When the order to stop came.
  std::optional<std::chrono::steady_clock::time_point> stop_ordered = {};
  /// The status of the app that has ended, or failed to start, last.
  std::optional<int> last_status = {};
  /// What follows `clearing`: a start after this delay, or the end with `last_status`.
  std::optional<std::chrono::milliseconds> next_start = {};
};

/// What an event leads to. Every event is allowed in every phase; one that comes too late does
/// nothing.
struct AppStep {
  AppState state;
  std::vector<AppAction> actions;
};
[[nodiscard]] AppStep advance(const AppRules& rules, AppState state, const AppEvent& event);

}  // namespace ops::supervisor
