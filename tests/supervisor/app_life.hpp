#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/app_machine.hpp"

/// An app machine with the state it has come to, a clock and the actions it asked for last.
class AppLife {
 public:
  using Kind = ops::supervisor::AppEvent::Kind;
  using Slot = ops::supervisor::Slot;
  using Trial = ops::supervisor::Trial;
  using Actions = std::vector<ops::supervisor::AppAction>;

  explicit AppLife(ops::supervisor::AppRules rules = {})
      : rules_(std::move(rules)), state_(rules_.restart.backoff) {}

  const Actions& happen(Kind kind, int value = 0, Trial trial = Trial::none) {
    return happen({.kind = kind, .value = value, .trial = trial});
  }
  const Actions& happen_beside(Kind kind, int value = 0) {
    return happen({.kind = kind, .slot = Slot::beside, .value = value});
  }
  const Actions& happen(ops::supervisor::AppEvent event) {
    event.at = now_;
    auto step = ops::supervisor::advance(rules_, state_, event);
    state_ = step.state;
    actions_ = std::move(step.actions);
    return actions_;
  }
  /// A restart, since another release is current than the one that the instance beside runs.
  const Actions& ask_for_newer() { return happen({.kind = Kind::restart_asked, .outdated = true}); }
  const Actions& extend(std::chrono::milliseconds time, Slot slot = Slot::serving) {
    return happen({.kind = Kind::extended, .slot = slot, .delay = time});
  }
  void pass_time(std::chrono::milliseconds time) { now_ += time; }

  /// Up to an instance that runs but is not ready.
  AppLife& start(Trial trial = Trial::none) {
    happen(Kind::delay_over);
    happen(Kind::launched, 0, trial);
    return *this;
  }
  /// From a running instance to the next step after its end.
  const Actions& exit_and_clear(int status) {
    happen(Kind::exited, status);
    return happen(Kind::cleared);
  }

  [[nodiscard]] const ops::supervisor::AppState& state() const { return state_; }
  [[nodiscard]] ops::supervisor::Phase phase() const { return state_.phase; }
  [[nodiscard]] ops::supervisor::Beside beside() const { return state_.beside; }
  [[nodiscard]] const Actions& actions() const { return actions_; }

 private:
  ops::supervisor::AppRules rules_;
  ops::supervisor::AppState state_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  Actions actions_;
};

/// The last action of all.
inline ops::supervisor::AppAction end(int status) {
  return {.kind = ops::supervisor::AppAction::Kind::end, .value = status};
}
