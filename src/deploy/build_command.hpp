#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/build_log.hpp"
#include "loop/child_process.hpp"
#include "loop/loop.hpp"
#include "loop/stream.hpp"
#include "loop/timer.hpp"
#include "ops/result.hpp"

namespace ops::deploy {

struct BuildSpec {
  std::string command;
  std::string directory;
  std::vector<std::string> environment;
  std::chrono::milliseconds time;       // until on_time_over
  std::chrono::milliseconds stop_time;  // from SIGTERM to SIGKILL
};

/// A build command that runs in a process group of its own, with its output in a log. Destroying it
/// kills the group.
class BuildCommand {
 public:
  struct Events {
    /// There is more in the log.
    std::function<void()> on_output;
    /// Its time is over; it runs on until stop().
    std::function<void()> on_time_over;
    /// It has ended, nobody of its group is left who could write, and its output is in the log.
    std::function<void(loop::ChildExit)> on_end;
  };

  [[nodiscard]] static Result<std::unique_ptr<BuildCommand>> start(loop::Loop& loop,
                                                                   const BuildSpec& spec,
                                                                   BuildLog log, Events events);
  BuildCommand(const BuildCommand&) = delete;
  BuildCommand& operator=(const BuildCommand&) = delete;
  ~BuildCommand() = default;

  /// SIGTERM to the group, SIGKILL after the stop time.
  void stop();

 private:
  BuildCommand(loop::Loop& loop, const BuildSpec& spec, BuildLog log, Events events);
  [[nodiscard]] Result<void> spawn(loop::Loop& loop, const BuildSpec& spec);
  void take(std::string_view output);
  void output_ended();
  void exited(loop::ChildExit exit);
  void look_at_group();
  void end_if_all_is_over();

  Events events_;
  BuildLog log_;
  std::chrono::milliseconds stop_time_;
  loop::Timer time_over_;
  loop::Timer kill_;
  loop::Timer output_patience_;
  loop::Timer group_look_;
  int group_looks_left_;
  std::unique_ptr<loop::Stream> output_;
  std::unique_ptr<loop::ChildProcess> child_;
  std::optional<loop::ChildExit> exit_;
};

}  // namespace ops::deploy
