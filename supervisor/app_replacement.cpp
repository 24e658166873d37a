// The instance beside the one that serves: how it takes the other's place, or does not.

#include <chrono>
#include <csignal>
#include <utility>

#include "supervisor/app_advance.hpp"

namespace ops::supervisor {
namespace {

using namespace std::chrono_literals;

// What is left of the group of an instance that another follows.
constexpr std::chrono::milliseconds clearing_beside = 2s;
// An instance that is to take over may ask so often to be started again.
constexpr int restarts_allowed_beside = 3;

}  // namespace

void AppAdvance::beside_event() {
  switch (event_.kind) {
    case AppEvent::Kind::launched:
      return on_launched_beside();
    case AppEvent::Kind::launch_failed:
    case AppEvent::Kind::launch_put_off:
      return on_launch_failed_beside();
    case AppEvent::Kind::ready:
      return on_ready_beside();
    case AppEvent::Kind::not_ready:
      return on_not_ready_beside();
    case AppEvent::Kind::exited:
      return on_exited_beside();
    case AppEvent::Kind::cleared:
      return on_cleared_beside();
    case AppEvent::Kind::kill_due:
      return on_kill_due_beside();
    case AppEvent::Kind::extended:
      return on_extended_beside();
    case AppEvent::Kind::restart_asked:
      // What it had begun before it was told to end has come to its end.
      if (state_.beside == Beside::draining) state_.replacement_due = true;
      return;
    case AppEvent::Kind::watchdog_missed:  // and who does not serve is not watched
    case AppEvent::Kind::signalled:
    case AppEvent::Kind::delay_over:
      return;
  }
}

// Requests that come together become one.
void AppAdvance::replace() {
  switch (state_.beside) {
    case Beside::none:
      state_.restarts_beside = 0;
      return launch_beside();
    case Beside::launching:
      return;
    case Beside::starting:
      // What it was started with may be outdated: then this is another request, not the same.
      if (!event_.outdated) return;
      [[fallthrough]];
    case Beside::failing:
    case Beside::draining:
    case Beside::clearing:
      state_.replacement_due = true;
      state_.restarts_beside = 0;
      return;
  }
}

void AppAdvance::launch_beside() {
  state_.replacement_due = false;
  state_.beside = Beside::launching;
  act(Act::launch, Slot::beside);
}

void AppAdvance::on_launched_beside() {
  if (state_.beside != Beside::launching) return;
  state_.beside = Beside::starting;
  begin(Slot::beside);
  act(Act::watch_readiness, Slot::beside);
}

void AppAdvance::on_launch_failed_beside() {
  if (state_.beside != Beside::launching) return;
  begin(Slot::beside);
  if (event_.kind == AppEvent::Kind::launch_failed) {
    fail_trial(Slot::beside, TrialFailure::did_not_start);
  }
  give_up_place();
  room_beside();
}

void AppAdvance::give_up_place() { act(Act::give_up_place, Slot::beside); }

void AppAdvance::on_ready_beside() {
  if (state_.beside != Beside::starting) return;
  state_.next.was_ready = true;
  pass_trial(Slot::beside);
  change_places();
  const Phase before = std::exchange(state_.phase, Phase::running);
  act(Act::begin_service);
  state_.beside = Beside::draining;
  // One that is being aborted has been told enough.
  if (before == Phase::running) tell_to_end(Slot::beside, rules_.stop_timeout);
}

void AppAdvance::change_places() {
  std::swap(state_.serving, state_.next);
  act(Act::change_places);
}

void AppAdvance::on_not_ready_beside() {
  if (state_.beside != Beside::starting) return;
  fail_trial(Slot::beside, TrialFailure::not_ready);
  state_.beside = Beside::failing;
  give_up_place();
  tell_to_end(Slot::beside, time_to_end_for_failure());
}

void AppAdvance::on_exited_beside() {
  switch (state_.beside) {
    case Beside::starting:
      if (asks_for_restart() && ++state_.restarts_beside <= restarts_allowed_beside) {
        state_.replacement_due = true;
      } else {
        fail_trial(Slot::beside,
                   asks_for_restart() ? TrialFailure::restarted_too_often : TrialFailure::exited);
        give_up_place();
      }
      return clear_beside();
    case Beside::failing:
    case Beside::draining:
      return clear_beside();
    case Beside::none:
    case Beside::launching:
    case Beside::clearing:
      return;
  }
}

void AppAdvance::clear_beside() {
  state_.beside = Beside::clearing;
  act(Act::clear_group, Slot::beside);
  act(Act::set_kill_timer, Slot::beside, 0, clearing_beside);
}

void AppAdvance::on_cleared_beside() {
  if (state_.beside != Beside::clearing) return;
  act(Act::stop_kill_timer, Slot::beside);
  room_beside();
}

// Nobody is beside any more: what has waited for that?
void AppAdvance::room_beside() {
  state_.beside = Beside::none;
  if (state_.phase == Phase::clearing && state_.is_cleared) {
    go_on();
  } else if (state_.phase == Phase::running && state_.replacement_due) {
    launch_beside();
  }
  state_.replacement_due = false;
}

void AppAdvance::on_kill_due_beside() {
  if (state_.beside == Beside::starting) return;
  kill_beside();
}

void AppAdvance::kill_beside() {
  if (state_.beside == Beside::none || state_.beside == Beside::launching) return;
  act(Act::kill_group, Slot::beside);
}

void AppAdvance::on_extended_beside() {
  if (state_.beside == Beside::starting) {
    act(Act::extend_readiness, Slot::beside, 0, event_.delay);
  } else if (state_.beside == Beside::failing || state_.beside == Beside::draining) {
    act(Act::extend_kill_timer, Slot::beside, 0, event_.delay);
  }
}

// The order to stop goes to both. That it came is no failure of a release on trial.
void AppAdvance::stop_beside() {
  state_.replacement_due = false;
  if (state_.beside == Beside::launching) {
    state_.beside = Beside::none;
  } else if (state_.beside == Beside::starting) {
    state_.beside = Beside::failing;
    send_order(Slot::beside);
    arm_kill_timer(Slot::beside, rules_.stop_timeout);
  }
}

bool AppAdvance::is_succeeded() const {
  return state_.beside == Beside::launching || state_.beside == Beside::starting;
}

void AppAdvance::succeed() {
  enter(state_.beside == Beside::launching ? Phase::launching : Phase::starting);
  change_places();
  clear_beside();
}

}  // namespace ops::supervisor
