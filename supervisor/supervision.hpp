#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "loop/loop.hpp"
#include "loop/loop_descriptor.hpp"
#include "loop/signal_queue.hpp"
#include "loop/signal_watcher.hpp"
#include "loop/timer.hpp"
#include "ops/supervisor/supervisor.hpp"
#include "supervisor/app_instance.hpp"
#include "supervisor/app_machine.hpp"
#include "supervisor/control_socket.hpp"
#include "supervisor/held_listeners.hpp"
#include "supervisor/notify_socket.hpp"
#include "supervisor/orphan_reaper.hpp"
#include "supervisor/outer_notify.hpp"
#include "supervisor/release_trial.hpp"
#include "supervisor/trial_reason.hpp"

namespace ops::supervisor {

/// What a Supervisor does: tells the app machine what happens and does what that says. Observers
/// are told between two rounds of the loop and never from inside it, so whoever is told may do
/// anything, also end all this.
class Supervision {
 public:
  Supervision(AppSpec spec, Supervisor::Observer observer);
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  ~Supervision();

  void start();
  /// Waits until something is due and does it. False: nothing will ever be due any more.
  bool serve_next();
  /// Does what is due.
  void serve_due();
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// Whoever owns this has gone: kills what runs and tells nobody anything any more.
  void abandon();

  void restart();
  void signal(int number);

  [[nodiscard]] Status status() const;
  [[nodiscard]] std::optional<int> exit_status() const { return exit_status_; }

 private:
  // What an instance makes happen is for the one that makes it, wherever that is by the time its
  // turn comes; 0 for all that no instance makes.
  struct Happening {
    AppEvent event;
    unsigned long generation = 0;
  };

  [[nodiscard]] bool is_dedicated() const { return spec_.process == AppSpec::Process::dedicated; }
  void tell_observer();
  void settle();

  [[nodiscard]] bool watch_signals();
  void reap_orphans();
  [[nodiscard]] bool open_listeners();
  void open_notify_socket();
  [[nodiscard]] bool open_control_socket();

  // What happens. What comes up while something is served waits for its turn.
  void happen(AppEvent event, unsigned long generation = 0);
  void serve(Happening happening);
  [[nodiscard]] bool is_outdated() const;
  void told_by_instance(AppInstance& instance, AppEvent::Kind kind);
  void told_by_app(pid_t group, const Notification& told);
  void note_what_app_says(const Notification& told);
  void app_ended(AppInstance& instance);
  void follow_stopped_app();

  // What is done about it.
  void perform(const AppAction& action);
  void perform_on(AppInstance& instance, const AppAction& action);
  void begin_service(AppInstance& instance);
  void give_up_place();
  void fail_trial(const AppAction& action);
  void wait(std::chrono::milliseconds delay);
  void end(int status);

  // A launch.
  void launch();
  void launch_in(const std::string& release, const std::string& directory, Trial trial);
  [[nodiscard]] bool is_launching() const;
  [[nodiscard]] std::unique_ptr<AppOutput> open_output(Trial trial);
  void keep_output_of(const std::unique_ptr<AppInstance>& past);
  void drain_outputs();
  [[nodiscard]] loop::ChildSpec child_spec(const std::string& release,
                                           const std::string& directory) const;
  void start_failed(const loop::SpawnFailure& failure, Trial trial);

  [[nodiscard]] std::unique_ptr<AppInstance>& at(Slot slot) {
    return slot == Slot::serving ? serving_ : beside_;
  }
  [[nodiscard]] std::optional<Slot> place_of(unsigned long generation) const;
  [[nodiscard]] AppInstance* find_by_group(pid_t group) const;
  [[nodiscard]] Status::State state_now() const;
  [[nodiscard]] bool is_followed() const;
  void tell(Event event) { events_.push_back(std::move(event)); }

  AppSpec spec_;
  // Shared with the call in progress: it may be the end of this.
  std::shared_ptr<const Supervisor::Observer> observer_;
  base::SystemClock clock_;
  AppRules rules_;
  AppState state_;
  std::deque<Happening> happening_;
  std::deque<Event> events_;
  bool is_telling_ = false;
  bool is_abandoned_ = false;
  std::optional<int> exit_status_;
  unsigned long starts_ = 0;
  int futile_tries_ = 0;
  TrialEvidence evidence_;
  std::optional<Status::Exit> last_exit_;
  std::chrono::steady_clock::time_point next_start_ = {};
  std::string app_text_;
  bool app_reloads_ = false;
  bool outer_knows_we_are_ready_ = false;

  loop::Loop loop_;
  loop::LoopDescriptor descriptor_;
  std::optional<HeldListeners> listeners_;
  std::optional<ReleaseTrial> releases_;
  std::unique_ptr<NotifySocket> notify_socket_;
  OuterNotify outer_;
  std::unique_ptr<ControlSocket> control_;
  std::unique_ptr<loop::SignalQueue> signals_;
  std::optional<OrphanReaper> orphans_;
  std::unique_ptr<loop::SignalWatcher> stops_;
  loop::Timer delay_;
  loop::Timer launch_retry_;
  loop::Timer reload_due_;
  // Of instances that are gone: somebody they left may still print, or a reader be slow.
  std::vector<std::unique_ptr<AppOutput>> past_outputs_;
  std::unique_ptr<AppInstance> serving_;
  std::unique_ptr<AppInstance> beside_;
};

}  // namespace ops::supervisor
