#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "loop/child_process.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "ops/supervisor/readiness.hpp"
#include "supervisor/readiness_watch.hpp"

namespace ops::supervisor {

/// One run of the app: its process, whether it is ready, and, after its end, the rest of its group.
/// Passive: it decides nothing.
class AppInstance {
 public:
  struct Events {
    std::function<void()> on_ready;
    std::function<void()> on_not_ready;  // and the time is over
    std::function<void(loop::ChildExit)> on_exit;
    std::function<void()> on_cleared;
  };

  /// Starts the app. `loop` must outlive the instance. The instance may be destroyed in on_exit
  /// and in on_cleared.
  [[nodiscard]] static Result<std::unique_ptr<AppInstance>, loop::SpawnFailure> start(
      loop::Loop& loop, const loop::ChildSpec& spec, Events events);

  AppInstance(const AppInstance&) = delete;
  AppInstance& operator=(const AppInstance&) = delete;
  /// Kills whoever is left.
  ~AppInstance() = default;

  [[nodiscard]] pid_t pid() const { return child_->pid(); }

  void watch_readiness(const Readiness& readiness);
  void stop_watching_readiness() { readiness_.reset(); }

  void send(int signal) { child_->send(signal); }
  void kill_group();

  /// Tells the group to end (TERM) and then, maybe at once, that nobody is left of it. For an app
  /// that has ended.
  void clear_group();

 private:
  AppInstance(loop::Loop& loop, Events events);
  void ended(loop::ChildExit end);
  void look_at_group();

  loop::Loop& loop_;
  Events events_;
  std::unique_ptr<loop::ChildProcess> child_;
  std::optional<ReadinessWatch> readiness_;
  loop::Timer group_look_;
};

}  // namespace ops::supervisor
