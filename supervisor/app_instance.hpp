#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "loop/child_process.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "ops/supervisor/readiness.hpp"
#include "supervisor/app_machine.hpp"
#include "supervisor/app_output.hpp"
#include "supervisor/deadline.hpp"
#include "supervisor/readiness_watch.hpp"

namespace ops::supervisor {

/// One run of the app: its process, its deadlines, and, after its end, the rest of its group.
/// Passive: it decides nothing.
class AppInstance {
 public:
  /// `ready`, `not_ready`, `watchdog_missed`, `kill_due`, `exited` and `cleared` are told. The
  /// instance may be destroyed in the call.
  using Observer = std::function<void(AppInstance&, AppEvent::Kind)>;

  /// What the owner knows it by.
  struct Identity {
    unsigned long generation;  // the first instance is 1
    std::string release;       // empty without releases
  };

  /// Starts the app. `loop` must outlive the instance.
  [[nodiscard]] static Result<std::unique_ptr<AppInstance>, loop::SpawnFailure> start(
      loop::Loop& loop, const loop::ChildSpec& spec, Identity identity, Observer observer);

  AppInstance(const AppInstance&) = delete;
  AppInstance& operator=(const AppInstance&) = delete;
  /// Kills whoever is left.
  ~AppInstance();

  /// What it prints goes through here. To be given before it can have printed anything.
  void relay_output(std::unique_ptr<AppOutput> output);
  /// None where nobody wants to see its last lines.
  [[nodiscard]] AppOutput* output() const { return output_.get(); }
  /// For one who passes on what is still printed after the end of this.
  [[nodiscard]] std::unique_ptr<AppOutput> take_output() { return std::move(output_); }

  [[nodiscard]] pid_t pid() const { return child_->pid(); }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] std::chrono::milliseconds uptime() const;
  /// Once it has ended.
  [[nodiscard]] const std::optional<loop::ChildExit>& end() const { return end_; }

  void watch_readiness(const Readiness& readiness);
  void extend_readiness(std::chrono::milliseconds time);
  void stop_watching_readiness() { readiness_.reset(); }

  /// From now on a sign of life is due within `interval`; 0 ends that.
  void watch_life(std::chrono::milliseconds interval);
  void sign_of_life();

  [[nodiscard]] Deadline& kill_deadline() { return kill_due_; }

  void send(int signal) { child_->send(signal); }
  void kill_group();

  /// Tells the group to end (TERM) and then, maybe at once, that nobody is left of it, or that a
  /// KILL did not help. For an app that has ended.
  void clear_group();
  /// Cleared, and still there: a process that the kernel cannot end, or a zombie whose parent, out
  /// of the group, does not look after it.
  [[nodiscard]] bool leaves_somebody() const { return leaves_somebody_; }

 private:
  AppInstance(loop::Loop& loop, Identity identity, Observer observer);
  void ended(loop::ChildExit end);
  void look_at_group();
  void tell(AppEvent::Kind kind);

  loop::Loop& loop_;
  Identity identity_;
  Observer observer_;
  std::chrono::steady_clock::time_point started_at_ = std::chrono::steady_clock::now();
  std::unique_ptr<AppOutput> output_;
  std::unique_ptr<loop::ChildProcess> child_;
  std::optional<loop::ChildExit> end_;
  std::optional<ReadinessWatch> readiness_;
  Deadline kill_due_;
  loop::Timer life_due_;
  std::chrono::milliseconds life_interval_{0};
  loop::Timer group_look_;
  bool is_clearing_ = false;
  bool leaves_somebody_ = false;
  std::optional<std::chrono::steady_clock::time_point> group_killed_at_;
};

}  // namespace ops::supervisor
