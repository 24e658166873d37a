#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "loop/loop.hpp"
#include "loop/signal_watcher.hpp"
#include "loop/timer.hpp"
#include "ops/supervisor/supervisor.hpp"
#include "supervisor/app_instance.hpp"
#include "supervisor/app_machine.hpp"
#include "supervisor/held_listeners.hpp"
#include "supervisor/notify_socket.hpp"
#include "supervisor/orphan_reaper.hpp"
#include "supervisor/release_trial.hpp"
#include "supervisor/trial_reason.hpp"

namespace ops::supervisor {

/// One Supervisor::run(): tells the app machine what happens and does what that says.
class Supervision {
 public:
  /// Both must outlive it.
  Supervision(const AppSpec& spec, const Supervisor::Observer& observer);
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  ~Supervision() = default;

  [[nodiscard]] int run();

 private:
  void watch_signals();
  [[nodiscard]] bool open_listeners();
  void open_notify_socket();

  // What happens. What comes up while something is served waits for its turn.
  void happen(AppEvent event);
  void serve(AppEvent event);
  void notified(Notification told);
  void app_exited(loop::ChildExit end);

  // What is done about it.
  void perform(const AppAction& action);
  void launch();
  void launch_in(const std::string& release, const std::string& directory, Trial trial);
  [[nodiscard]] AppInstance::Events app_events();
  [[nodiscard]] loop::ChildSpec child_spec(const std::string& release,
                                           const std::string& directory) const;
  void start_failed(const loop::SpawnFailure& failure, Trial trial);
  void send(int signal);
  void kill_group();
  void end(int status);
  void tell(const Event& event);

  const AppSpec& spec_;
  const Supervisor::Observer& observer_;
  base::SystemClock clock_;
  AppRules rules_;
  AppState state_;
  std::deque<AppEvent> happening_;
  std::optional<int> status_;
  unsigned long starts_ = 0;
  TrialEvidence evidence_;

  loop::Loop loop_;
  std::optional<HeldListeners> listeners_;
  std::optional<ReleaseTrial> releases_;
  std::unique_ptr<NotifySocket> notify_socket_;
  std::vector<std::unique_ptr<loop::SignalWatcher>> signals_;
  std::optional<OrphanReaper> orphans_;
  loop::Timer kill_timer_;
  loop::Timer delay_;
  loop::Timer lock_retry_;
  std::unique_ptr<AppInstance> app_;
};

}  // namespace ops::supervisor
