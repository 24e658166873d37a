#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "ops/supervisor/app_spec.hpp"
#include "ops/supervisor/restart_policy.hpp"
#include "supervisor/restart_backoff.hpp"

namespace ops::supervisor {

// The life of an app under supervision, as a pure function. An app runs in the six phases in the
// middle; in the others there is none.
//
//   launching --launched--> starting --ready--> running --watchdog--> aborting
//       ^                    |  |  |             |  |                    |
//       |           not_ready|  |  |TERM/INT     |  |restart_asked       |
//       |                    v  |  v             |  v                    |
//       |               failing |  stopping <----+ restarting            |
//       |                    |  |  |             |  |                    |
//       |                    +--+--+---exited----+--+--------------------+
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
  aborting,    // it gave no sign of life and was told to abort
  stopping,    // it was told to end because we were
  clearing,  // it has ended; the rest of its process group, or the instance beside, is being ended
  waiting,   // the next start is delayed
  ended,
};

// With overlap there can be a second instance beside the one that serves: first the one that is to
// take its place, and when it has, the old one on its way out.
//
//   none --restart_asked--> launching --launched--> starting --ready--> [the two change places]
//    ^                          |                    |  |                         |
//    |                          |           not_ready|  |exited                   |
//    |                          |launch_failed       v  |                         v
//    |<-------------------------+                 failing                     draining
//    |                                               |  v                         |
//    +---------------------------cleared---------- clearing <-------exited--------+
//
enum class Beside { none, launching, starting, failing, draining, clearing };

/// What is so before anything happens and stays so.
struct AppRules {
  RestartPolicy restart = {};
  /// From the order to stop to the KILL; 0 is never.
  std::chrono::milliseconds stop_timeout{25'000};
  AppSpec::Replacement replacement = AppSpec::Replacement::stop_first;
};

/// How the release stands that an instance was started with.
enum class Trial {
  none,   // it need not prove itself
  first,  // it is on trial
  again,  // it is on trial, and so was the instance before
};

/// How an app has ended. A death by signal is no exit code, though a shell tells it by a number.
enum class End { by_itself, by_signal };

/// Which of the instances.
enum class Slot { serving, beside };

struct AppEvent {
  enum class Kind {
    launched,        // `trial`
    launch_failed,   // `trial`, `value`: the status a shell gives it
    launch_put_off,  // `trial`, `value`: as above, but it may work a moment later
    ready,
    not_ready,  // and the time is over
    exited,     // `value`: the status as a shell tells it; `end`: whether that is a signal's
    cleared,    // nobody is left of the instance's group
    signalled,  // `value`: the signal that we got
    kill_due,
    delay_over,
    restart_asked,  // `outdated`: the instance beside was started with another release
    watchdog_missed,
    extended,  // `delay`: it asks for so much more time, counted from now
  };

  Kind kind = Kind::delay_over;
  /// Of those that an instance makes: which one's it is. A launch needs none: there is one at a
  /// time.
  Slot slot = Slot::serving;
  int value = 0;
  End end = End::by_itself;
  Trial trial = Trial::none;
  bool outdated = false;
  std::chrono::milliseconds delay{0};
  std::chrono::steady_clock::time_point at = {};
};

/// Why a release has failed its trial.
enum class TrialFailure { did_not_start, exited, not_ready, restarted_too_often };

struct AppAction {
  enum class Kind {
    launch,           // prepare and start the next instance
    watch_readiness,  // of the instance that was just launched
    send,             // `value`, a signal, to the instance
    kill_group,
    clear_group,     // TERM to what is left of the group, and tell when nobody is
    set_kill_timer,  // `delay`
    stop_kill_timer,
    extend_readiness,  // it has `delay` from now, if that is longer than it had
    extend_kill_timer,
    wait,           // `delay`
    pass_trial,     // of the instance's release
    fail_trial,     // `failure`, and `value`: the status of an app that has ended
    change_places,  // the instances: who served is beside now
    begin_service,  // the instance is ready
    give_up_place,  // the instance beside will not serve
    end,            // `value`: our exit status
  };

  Kind kind = Kind::launch;
  Slot slot = Slot::serving;
  int value = 0;
  std::chrono::milliseconds delay{0};
  TrialFailure failure = TrialFailure::exited;

  bool operator==(const AppAction&) const = default;
};

/// What the machine remembers of an instance that runs, or ran last.
struct InstanceState {
  enum class Proving { not_needed, on_trial, failed };

  std::chrono::steady_clock::time_point launched_at = {};
  bool was_ready = false;
  bool got_term = false;
  Proving proving = Proving::not_needed;
};

struct AppState {
  explicit AppState(const Backoff& delays) : backoff(delays) {}

  /// Before anything has happened: the first start waits for `delay_over` like all others.
  Phase phase = Phase::waiting;
  Beside beside = Beside::none;
  RestartBackoff backoff;
  InstanceState serving = {};
  InstanceState next = {};  // the one beside

  /// How often the release on trial has asked to be started again.
  int restarts_on_trial = 0;
  /// How often the instance that is to take over has.
  int restarts_beside = 0;
  /// Another instance is to be started beside as soon as there is room.
  bool replacement_due = false;

  /// When the order to stop came.
  std::optional<std::chrono::steady_clock::time_point> stop_ordered = {};
  /// The status of the app that has ended, or failed to start, last.
  std::optional<int> last_status = {};
  End last_end = End::by_itself;
  /// What follows `clearing`: a start after this delay, or the end with `last_status`.
  std::optional<std::chrono::milliseconds> next_start = {};
  /// In `clearing`: nobody is left of it; only the instance beside is waited for.
  bool is_cleared = false;
};

/// What an event leads to. Every event is allowed in every phase; one that comes too late does
/// nothing.
struct AppStep {
  AppState state;
  std::vector<AppAction> actions;
};
[[nodiscard]] AppStep advance(const AppRules& rules, AppState state, const AppEvent& event);

}  // namespace ops::supervisor
