#pragma once

// Inside the app machine only: one step of it.

#include <chrono>
#include <vector>

#include "supervisor/app_machine.hpp"

namespace ops::supervisor {

/// One event on its way through the state. What concerns the instance that serves is in
/// app_machine.cpp, what concerns the one beside it in app_replacement.cpp.
class AppAdvance {
 public:
  AppAdvance(const AppRules& rules, const AppState& state, const AppEvent& event)
      : rules_(rules), state_(state), event_(event) {}

  [[nodiscard]] AppStep run();

 private:
  using milliseconds = std::chrono::milliseconds;
  using Act = AppAction::Kind;
  using Proving = InstanceState::Proving;

  void act(Act kind, Slot slot, int value = 0, milliseconds delay = milliseconds{0});
  void act(Act kind) { act(kind, Slot::serving); }
  void enter(Phase phase) { state_.phase = phase; }
  [[nodiscard]] InstanceState& instance(Slot slot);

  // What either instance is told, and what becomes of its trial.
  void begin(Slot slot);
  void tell_to_end(Slot slot, milliseconds time);
  void send_and_wake(Slot slot, int signal);
  void arm_kill_timer(Slot slot, milliseconds delay);
  void send_order(Slot slot);
  void pass_trial(Slot slot);
  void fail_trial(Slot slot, TrialFailure failure);
  [[nodiscard]] bool asks_for_restart() const;
  [[nodiscard]] bool is_restart_code(int status, End end) const;
  [[nodiscard]] milliseconds time_to_end_for_failure() const;

  // The instance that serves.
  void serving_event();
  void launch();
  void on_launched();
  void on_launch_failed();
  void on_ready();
  void on_not_ready();
  void on_exited();
  void on_cleared();
  void on_restart_asked();
  void on_watchdog_missed();
  void on_signalled();
  void on_order_to_stop();
  void on_kill_due();
  void on_extended();
  void order_stop();
  void order_again();
  void end_without_app();
  void decide_after_exit();
  void restart_or_give_up_on_trial();
  void decide_by_policy(TrialFailure failure);
  void go_on();
  [[nodiscard]] bool app_runs() const;
  [[nodiscard]] milliseconds time_to_clear() const;
  [[nodiscard]] milliseconds next_delay();
  [[nodiscard]] int final_status() const;

  // The one beside it.
  void beside_event();
  void launch_beside();
  void on_launched_beside();
  void on_launch_failed_beside();
  void on_ready_beside();
  void on_not_ready_beside();
  void on_exited_beside();
  void on_cleared_beside();
  void on_kill_due_beside();
  void on_extended_beside();
  void replace();
  void give_up_place();
  void change_places();
  void stop_beside();
  void kill_beside();
  void clear_beside();
  void room_beside();
  /// Who serves has ended while another was to take its place: the other serves from now on.
  [[nodiscard]] bool is_succeeded() const;
  void succeed();

  const AppRules& rules_;
  AppState state_;
  const AppEvent& event_;
  std::vector<AppAction> actions_;
};

}  // namespace ops::supervisor
