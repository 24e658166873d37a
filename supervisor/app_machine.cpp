#include "supervisor/app_machine.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace ops::supervisor {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Act = AppAction::Kind;
using Proving = AppState::Proving;

// An instance that ran for so long is no quick restart.
constexpr auto a_good_run = 1s;
// What is left of the group of an instance that is to be followed by another.
constexpr milliseconds clearing_before_restart = 2s;
// Starting can fail in no time: without a pause nothing else would ever get its turn.
constexpr milliseconds pause_after_failed_launch = 10ms;
// The next 99 in one trial is a failure.
constexpr int restarts_allowed_on_trial = 3;

class Advance {
 public:
  Advance(const AppRules& rules, AppState state, const AppEvent& event)
      : rules_(rules), state_(state), event_(event) {}

  AppStep run() {
    switch (event_.kind) {
      case AppEvent::Kind::launched:
        on_launched();
        break;
      case AppEvent::Kind::launch_failed:
      case AppEvent::Kind::launch_put_off:
        on_launch_failed();
        break;
      case AppEvent::Kind::ready:
        on_ready();
        break;
      case AppEvent::Kind::not_ready:
        on_not_ready();
        break;
      case AppEvent::Kind::exited:
        on_exited();
        break;
      case AppEvent::Kind::cleared:
        on_cleared();
        break;
      case AppEvent::Kind::signalled:
        on_signalled();
        break;
      case AppEvent::Kind::kill_due:
        on_kill_due();
        break;
      case AppEvent::Kind::delay_over:
        if (state_.phase == Phase::waiting) launch();
        break;
      case AppEvent::Kind::restart_asked:
        on_restart_asked();
        break;
    }
    return AppStep{state_, std::move(actions_)};
  }

 private:
  void act(Act kind, int value = 0, milliseconds delay = 0ms) {
    actions_.push_back(AppAction{.kind = kind, .value = value, .delay = delay});
  }
  void enter(Phase phase) { state_.phase = phase; }

  void launch() {
    enter(Phase::launching);
    act(Act::launch);
  }

  void end(int status) {
    enter(Phase::ended);
    act(Act::end, status);
  }

  [[nodiscard]] bool app_runs() const {
    switch (state_.phase) {
      case Phase::starting:
      case Phase::running:
      case Phase::failing:
      case Phase::restarting:
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

  void on_launched() {
    if (state_.phase != Phase::launching) return;
    enter(Phase::starting);
    state_.launched_at = event_.at;
    state_.was_ready = false;
    state_.got_term = false;
    note_trial();
    act(Act::watch_readiness);
  }

  void note_trial() {
    state_.proving = event_.trial == Trial::none ? Proving::not_needed : Proving::on_trial;
    if (event_.trial != Trial::again) state_.restarts_on_trial = 0;
  }

  void on_launch_failed() {
    if (state_.phase != Phase::launching) return;
    const bool first = !state_.last_status.has_value();
    note_trial();
    state_.launched_at = event_.at;
    state_.was_ready = false;
    if (event_.kind == AppEvent::Kind::launch_put_off && !first) {
      state_.next_start = next_delay();
    } else {
      state_.last_status = event_.value;
      decide_by_policy(TrialFailure::did_not_start);
    }
    if (state_.next_start && state_.proving != Proving::failed) {
      state_.next_start = std::max(*state_.next_start, pause_after_failed_launch);
    }
    go_on();
  }

  void on_ready() {
    if (state_.phase != Phase::starting) return;
    enter(Phase::running);
    state_.was_ready = true;
    if (state_.proving == Proving::on_trial) act(Act::pass_trial);
    state_.proving = Proving::not_needed;
  }

  void on_not_ready() {
    if (state_.phase != Phase::starting) return;
    if (state_.proving == Proving::on_trial) fail_trial(TrialFailure::not_ready);
    tell_to_end(Phase::failing);
  }

  void on_cleared() {
    if (state_.phase != Phase::clearing) return;
    act(Act::stop_kill_timer);
    go_on();
  }

  void on_restart_asked() {
    if (state_.phase == Phase::starting || state_.phase == Phase::running) {
      tell_to_end(Phase::restarting);
    } else if (state_.phase == Phase::waiting) {
      launch();
    }
  }

  // For reasons of our own: nobody ordered us to stop.
  void tell_to_end(Phase phase) {
    enter(phase);
    state_.got_term = true;
    send_and_wake(SIGTERM);
    arm_kill_timer(rules_.stop_timeout);
  }

  // A stopped process (SIGSTOP, Ctrl-Z) takes a signal only when it goes on.
  void send_and_wake(int signal) {
    act(Act::send, signal);
    act(Act::send, SIGCONT);
  }

  // 0 is for ever.
  void arm_kill_timer(milliseconds delay) {
    if (delay == 0ms) {
      act(Act::stop_kill_timer);
    } else {
      act(Act::set_kill_timer, 0, delay);
    }
  }

  void on_signalled() {
    const bool is_order = event_.value == SIGTERM || event_.value == SIGINT;
    if (!is_order) {
      if (app_runs()) act(Act::send, event_.value);
      return;
    }
    switch (state_.phase) {
      case Phase::launching:
      case Phase::waiting:
        end(status_without_app());
        break;
      case Phase::starting:
      case Phase::running:
        order_stop();
        send_order();
        arm_kill_timer(rules_.stop_timeout);
        break;
      case Phase::failing:
      case Phase::restarting:
        // Its time to end has begun already.
        order_stop();
        send_order();
        break;
      case Phase::stopping:
        order_again();
        break;
      case Phase::clearing:
        if (state_.stop_ordered) {
          order_again();
        } else {
          state_.stop_ordered = event_.at;
          state_.next_start.reset();
        }
        break;
      case Phase::ended:
        break;
    }
  }

  void order_stop() {
    enter(Phase::stopping);
    state_.stop_ordered = event_.at;
  }

  // One TERM is all that an app gets: many take the second for "at once".
  void send_order() {
    if (event_.value == SIGTERM && std::exchange(state_.got_term, true)) return;
    send_and_wake(event_.value);
  }

  void order_again() {
    if (event_.value == SIGINT) {
      act(Act::kill_group);
    } else if (state_.phase == Phase::stopping) {
      send_order();
    }
  }

  void on_kill_due() {
    switch (state_.phase) {
      case Phase::failing:
      case Phase::restarting:
      case Phase::stopping:
      case Phase::clearing:
        act(Act::kill_group);
        break;
      case Phase::launching:
      case Phase::starting:
      case Phase::running:
      case Phase::waiting:
      case Phase::ended:
        break;
    }
  }

  void on_exited() {
    if (!app_runs()) return;
    const Phase before = state_.phase;
    state_.last_status = event_.value;
    state_.next_start.reset();
    if (before == Phase::restarting) {
      restart_or_give_up_on_trial();
    } else if (before != Phase::stopping) {
      decide_after_exit();
    }
    enter(Phase::clearing);
    act(Act::clear_group);
    arm_kill_timer(time_to_clear());
  }

  [[nodiscard]] milliseconds time_to_clear() const {
    if (state_.next_start) return clearing_before_restart;
    if (!state_.stop_ordered) return rules_.stop_timeout;
    const auto used = std::chrono::duration_cast<milliseconds>(event_.at - *state_.stop_ordered);
    return rules_.stop_timeout == 0ms ? 0ms : std::max(rules_.stop_timeout - used, 1ms);
  }

  void decide_after_exit() {
    if (is_restart_code(event_.value) && state_.proving != Proving::failed) {
      restart_or_give_up_on_trial();
    } else {
      decide_by_policy(TrialFailure::exited);
    }
  }

  void restart_or_give_up_on_trial() {
    if (state_.proving == Proving::on_trial &&
        ++state_.restarts_on_trial > restarts_allowed_on_trial) {
      fail_trial(TrialFailure::restarted_too_often);
      state_.next_start = 0ms;
    } else {
      state_.next_start = next_delay();
    }
  }

  void decide_by_policy(TrialFailure failure) {
    if (state_.proving == Proving::on_trial) fail_trial(failure);
    const bool failed = event_.value != 0 || state_.phase == Phase::failing;
    const bool again = rules_.restart.otherwise == RestartPolicy::When::always ||
                       (rules_.restart.otherwise == RestartPolicy::When::on_failure && failed);
    state_.next_start.reset();
    if (state_.proving == Proving::failed) {
      state_.next_start = 0ms;
    } else if (again) {
      state_.next_start = next_delay();
    }
  }

  void fail_trial(TrialFailure failure) {
    state_.proving = Proving::failed;
    AppAction action{.kind = Act::fail_trial, .failure = failure};
    if (failure == TrialFailure::exited) action.value = event_.value;
    actions_.push_back(action);
  }

  milliseconds next_delay() {
    if (!state_.was_ready && event_.at - state_.launched_at < a_good_run) {
      return state_.backoff.next();
    }
    state_.backoff.reset();
    return 0ms;
  }

  // Nobody is left of the last instance.
  void go_on() {
    if (!state_.next_start) {
      end(final_status());
    } else if (*state_.next_start == 0ms) {
      launch();
    } else {
      enter(Phase::waiting);
      act(Act::wait, 0, *state_.next_start);
    }
  }

  [[nodiscard]] bool is_restart_code(int status) const {
    return std::ranges::find(rules_.restart.codes, status) != rules_.restart.codes.end();
  }

  // An app that asked to be started again, and must not be, has ended well.
  [[nodiscard]] int final_status() const {
    const int last = state_.last_status.value_or(0);
    return state_.stop_ordered && is_restart_code(last) ? 0 : last;
  }

  [[nodiscard]] int status_without_app() {
    if (!state_.last_status) return 128 + event_.value;
    state_.stop_ordered = event_.at;
    return final_status();
  }

  const AppRules& rules_;
  AppState state_;
  const AppEvent& event_;
  std::vector<AppAction> actions_;
};

}  // namespace

AppStep advance(const AppRules& rules, AppState state, const AppEvent& event) {
  return Advance(rules, state, event).run();
}

}  // namespace ops::supervisor
