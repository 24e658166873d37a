#include "supervisor/app_machine.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "supervisor/app_advance.hpp"

namespace ops::supervisor {
namespace {

using namespace std::chrono_literals;

// An instance that ran for so long is no quick restart.
constexpr auto a_good_run = 1s;
// What is left of the group of an instance that is to be followed by another.
constexpr std::chrono::milliseconds clearing_before_restart = 2s;
// Starting can fail in no time: without a pause nothing else would ever get its turn.
constexpr std::chrono::milliseconds pause_after_failed_launch = 10ms;
// What an app has that must be out of the way, where orders to stop may take for ever.
constexpr std::chrono::milliseconds time_to_end_at_most = 25s;
// The next 99 in one trial is a failure.
constexpr int restarts_allowed_on_trial = 3;

bool is_launch(AppEvent::Kind kind) {
  return kind == AppEvent::Kind::launched || kind == AppEvent::Kind::launch_failed ||
         kind == AppEvent::Kind::launch_put_off;
}

}  // namespace

AppStep AppAdvance::run() {
  const bool is_of_beside =
      is_launch(event_.kind) ? state_.phase != Phase::launching : event_.slot == Slot::beside;
  if (is_of_beside) {
    beside_event();
  } else {
    serving_event();
  }
  return AppStep{state_, std::move(actions_)};
}

void AppAdvance::serving_event() {
  switch (event_.kind) {
    case AppEvent::Kind::launched:
      return on_launched();
    case AppEvent::Kind::launch_failed:
    case AppEvent::Kind::launch_put_off:
      return on_launch_failed();
    case AppEvent::Kind::ready:
      return on_ready();
    case AppEvent::Kind::not_ready:
      return on_not_ready();
    case AppEvent::Kind::exited:
      return on_exited();
    case AppEvent::Kind::cleared:
      return on_cleared();
    case AppEvent::Kind::signalled:
      return on_signalled();
    case AppEvent::Kind::kill_due:
      return on_kill_due();
    case AppEvent::Kind::delay_over:
      if (state_.phase == Phase::waiting) launch();
      return;
    case AppEvent::Kind::restart_asked:
      return on_restart_asked();
    case AppEvent::Kind::watchdog_missed:
      return on_watchdog_missed();
    case AppEvent::Kind::extended:
      return on_extended();
  }
}

void AppAdvance::act(Act kind, Slot slot, int value, milliseconds delay) {
  actions_.push_back(AppAction{.kind = kind, .slot = slot, .value = value, .delay = delay});
}

InstanceState& AppAdvance::instance(Slot slot) {
  return slot == Slot::serving ? state_.serving : state_.next;
}

void AppAdvance::launch() {
  enter(Phase::launching);
  act(Act::launch);
}

bool AppAdvance::app_runs() const {
  switch (state_.phase) {
    case Phase::starting:
    case Phase::running:
    case Phase::failing:
    case Phase::restarting:
    case Phase::aborting:
    case Phase::stopping:
      return true;
    case Phase::launching:
    case Phase::clearing:
    case Phase::waiting:
    case Phase::ended:
      return false;
  }
  return false;
}

void AppAdvance::begin(Slot slot) {
  instance(slot) = InstanceState{
      .launched_at = event_.at,
      .proving = event_.trial == Trial::none ? Proving::not_needed : Proving::on_trial};
  if (event_.trial != Trial::again) state_.restarts_on_trial = 0;
}

void AppAdvance::on_launched() {
  enter(Phase::starting);
  begin(Slot::serving);
  act(Act::watch_readiness);
}

void AppAdvance::on_launch_failed() {
  const bool first = !state_.last_status.has_value();
  begin(Slot::serving);
  if (event_.kind == AppEvent::Kind::launch_put_off && !first) {
    state_.next_start = next_delay();
  } else {
    state_.last_status = event_.value;
    state_.last_end = End::by_itself;
    // That there is no process or memory left now is no failure of the release.
    if (event_.kind == AppEvent::Kind::launch_put_off) state_.serving.proving = Proving::not_needed;
    decide_by_policy(TrialFailure::did_not_start);
  }
  if (state_.next_start && state_.serving.proving != Proving::failed) {
    state_.next_start = std::max(*state_.next_start, pause_after_failed_launch);
  }
  go_on();
}

void AppAdvance::on_ready() {
  if (state_.phase != Phase::starting) return;
  enter(Phase::running);
  state_.serving.was_ready = true;
  pass_trial(Slot::serving);
  act(Act::begin_service);
}

void AppAdvance::pass_trial(Slot slot) {
  if (instance(slot).proving == Proving::on_trial) act(Act::pass_trial, slot);
  instance(slot).proving = Proving::not_needed;
}

void AppAdvance::fail_trial(Slot slot, TrialFailure failure) {
  if (instance(slot).proving != Proving::on_trial) return;
  instance(slot).proving = Proving::failed;
  AppAction action{.kind = Act::fail_trial, .slot = slot, .failure = failure};
  if (failure == TrialFailure::exited) action.value = event_.value;
  actions_.push_back(action);
}

void AppAdvance::on_not_ready() {
  if (state_.phase != Phase::starting) return;
  fail_trial(Slot::serving, TrialFailure::not_ready);
  enter(Phase::failing);
  tell_to_end(Slot::serving, time_to_end_for_failure());
}

void AppAdvance::on_cleared() {
  if (state_.phase != Phase::clearing || state_.is_cleared) return;
  act(Act::stop_kill_timer);
  go_on();
}

void AppAdvance::on_restart_asked() {
  if (state_.phase == Phase::waiting) {
    launch();
  } else if (state_.phase == Phase::running &&
             rules_.replacement == AppSpec::Replacement::overlap) {
    replace();
  } else if (state_.phase == Phase::starting || state_.phase == Phase::running) {
    enter(Phase::restarting);
    tell_to_end(Slot::serving, rules_.stop_timeout);
  }
}

void AppAdvance::on_watchdog_missed() {
  if (state_.phase != Phase::running) return;
  enter(Phase::aborting);
  send_and_wake(Slot::serving, SIGABRT);
  arm_kill_timer(Slot::serving, time_to_end_for_failure());
}

void AppAdvance::on_extended() {
  switch (state_.phase) {
    case Phase::starting:
      return act(Act::extend_readiness, Slot::serving, 0, event_.delay);
    case Phase::failing:
    case Phase::restarting:
    case Phase::aborting:
    case Phase::stopping:
      return act(Act::extend_kill_timer, Slot::serving, 0, event_.delay);
    case Phase::launching:
    case Phase::running:
    case Phase::clearing:
    case Phase::waiting:
    case Phase::ended:
      return;
  }
}

// For reasons of our own: nobody ordered us to stop.
void AppAdvance::tell_to_end(Slot slot, milliseconds time) {
  instance(slot).got_term = true;
  send_and_wake(slot, SIGTERM);
  arm_kill_timer(slot, time);
}

// Without an end to it the release before would never serve again.
AppAdvance::milliseconds AppAdvance::time_to_end_for_failure() const {
  return rules_.stop_timeout == 0ms ? time_to_end_at_most : rules_.stop_timeout;
}

// A stopped process (SIGSTOP, Ctrl-Z) takes a signal only when it goes on; and it must wait for it
// then: one that stops by reading from the terminal would stop again at once.
void AppAdvance::send_and_wake(Slot slot, int signal) {
  act(Act::send, slot, signal);
  act(Act::send, slot, SIGCONT);
}

// 0 is for ever.
void AppAdvance::arm_kill_timer(Slot slot, milliseconds delay) {
  if (delay == 0ms) {
    act(Act::stop_kill_timer, slot);
  } else {
    act(Act::set_kill_timer, slot, 0, delay);
  }
}

void AppAdvance::on_signalled() {
  if (event_.value == SIGTERM || event_.value == SIGINT) {
    on_order_to_stop();
  } else if (app_runs()) {
    act(Act::send, Slot::serving, event_.value);
  }
}

void AppAdvance::on_order_to_stop() {
  const bool first = !state_.stop_ordered;
  if (first) stop_beside();
  switch (state_.phase) {
    case Phase::launching:
    case Phase::waiting:
      return end_without_app();
    case Phase::starting:
    case Phase::running:
      order_stop();
      return arm_kill_timer(Slot::serving, rules_.stop_timeout);
    case Phase::failing:
    case Phase::restarting:
    case Phase::aborting:
      // Its time to end has begun already.
      return order_stop();
    case Phase::stopping:
      return order_again();
    case Phase::clearing:
      if (!first) return order_again();
      state_.stop_ordered = event_.at;
      state_.next_start.reset();
      return;
    case Phase::ended:
      return;
  }
}

void AppAdvance::order_stop() {
  enter(Phase::stopping);
  state_.stop_ordered = event_.at;
  send_order(Slot::serving);
}

// One TERM is all that an app gets: many take the second for "at once".
void AppAdvance::send_order(Slot slot) {
  if (event_.value == SIGTERM && std::exchange(instance(slot).got_term, true)) return;
  send_and_wake(slot, event_.value);
}

void AppAdvance::order_again() {
  if (event_.value == SIGINT) {
    if (!state_.is_cleared) act(Act::kill_group);
    kill_beside();
  } else if (state_.phase == Phase::stopping) {
    send_order(Slot::serving);
  }
}

void AppAdvance::end_without_app() {
  if (!state_.last_status) {
    enter(Phase::ended);
    return act(Act::end, Slot::serving, 128 + event_.value);
  }
  state_.stop_ordered = event_.at;
  state_.next_start.reset();
  go_on();
}

void AppAdvance::on_kill_due() {
  switch (state_.phase) {
    case Phase::failing:
    case Phase::restarting:
    case Phase::aborting:
    case Phase::stopping:
      return act(Act::kill_group);
    case Phase::clearing:
      if (!state_.is_cleared) act(Act::kill_group);
      return;
    case Phase::launching:
    case Phase::starting:
    case Phase::running:
    case Phase::waiting:
    case Phase::ended:
      return;
  }
}

void AppAdvance::on_exited() {
  if (!app_runs()) return;
  const Phase before = state_.phase;
  state_.last_status = event_.value;
  state_.last_end = event_.end;
  state_.next_start.reset();
  if (before != Phase::stopping && is_succeeded()) return succeed();
  if (before == Phase::restarting) {
    restart_or_give_up_on_trial();
  } else if (before == Phase::aborting) {
    state_.next_start = next_delay();
  } else if (before != Phase::stopping) {
    decide_after_exit();
  }
  enter(Phase::clearing);
  state_.is_cleared = false;
  act(Act::clear_group);
  arm_kill_timer(Slot::serving, time_to_clear());
}

AppAdvance::milliseconds AppAdvance::time_to_clear() const {
  if (state_.next_start) return clearing_before_restart;
  if (!state_.stop_ordered) return rules_.stop_timeout;
  const auto used = std::chrono::duration_cast<milliseconds>(event_.at - *state_.stop_ordered);
  return rules_.stop_timeout == 0ms ? 0ms : std::max(rules_.stop_timeout - used, 1ms);
}

void AppAdvance::decide_after_exit() {
  // One that was not ready in time asks for nothing any more.
  if (asks_for_restart() && state_.phase != Phase::failing) {
    restart_or_give_up_on_trial();
  } else {
    decide_by_policy(TrialFailure::exited);
  }
}

void AppAdvance::restart_or_give_up_on_trial() {
  if (state_.serving.proving == Proving::on_trial &&
      ++state_.restarts_on_trial > restarts_allowed_on_trial) {
    fail_trial(Slot::serving, TrialFailure::restarted_too_often);
    state_.next_start = 0ms;
  } else {
    state_.next_start = next_delay();
  }
}

void AppAdvance::decide_by_policy(TrialFailure failure) {
  fail_trial(Slot::serving, failure);
  const bool failed = event_.value != 0 || state_.phase == Phase::failing;
  const bool again = rules_.restart.otherwise == RestartPolicy::When::always ||
                     (rules_.restart.otherwise == RestartPolicy::When::on_failure && failed);
  state_.next_start.reset();
  if (state_.serving.proving == Proving::failed) {
    state_.next_start = 0ms;
  } else if (again) {
    state_.next_start = next_delay();
  }
}

AppAdvance::milliseconds AppAdvance::next_delay() {
  if (!state_.serving.was_ready && event_.at - state_.serving.launched_at < a_good_run) {
    return state_.backoff.next();
  }
  state_.backoff.reset();
  return 0ms;
}

// Nobody is left of the last instance.
void AppAdvance::go_on() {
  if (!state_.next_start) {
    enter(state_.beside == Beside::none ? Phase::ended : Phase::clearing);
    state_.is_cleared = true;
    if (state_.phase == Phase::ended) act(Act::end, Slot::serving, final_status());
  } else if (*state_.next_start == 0ms) {
    launch();
  } else {
    enter(Phase::waiting);
    act(Act::wait, Slot::serving, 0, *state_.next_start);
  }
}

bool AppAdvance::asks_for_restart() const { return is_restart_code(event_.value, event_.end); }

bool AppAdvance::is_restart_code(int status, End end) const {
  return end == End::by_itself &&
         std::ranges::find(rules_.restart.codes, status) != rules_.restart.codes.end();
}

// An app that asked to be started again, and must not be, has ended well.
int AppAdvance::final_status() const {
  const int last = state_.last_status.value_or(0);
  return state_.stop_ordered && is_restart_code(last, state_.last_end) ? 0 : last;
}

AppStep advance(const AppRules& rules, AppState state, const AppEvent& event) {
  return AppAdvance(rules, state, event).run();
}

}  // namespace ops::supervisor
