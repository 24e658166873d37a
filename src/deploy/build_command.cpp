#include "deploy/build_command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "base/os_error.hpp"

namespace ops::deploy {
namespace {

// A process that left the group may hold the pipe for ever; what it prints later is nobody's.
constexpr std::chrono::milliseconds wait_for_output{500};
// One that was killed and that nobody reaps stays in its group for ever, and writes no more.
constexpr std::chrono::milliseconds between_group_looks{2};
constexpr int most_group_looks = 1000;

}  // namespace

BuildCommand::BuildCommand(loop::Loop& loop, const BuildSpec& spec, BuildLog log, Events events)
    : events_(std::move(events)),
      log_(std::move(log)),
      stop_time_(spec.stop_time),
      time_over_(loop, [this] { events_.on_time_over(); }),
      kill_(loop, [this] { child_->send_to_group(SIGKILL); }),
      output_patience_(loop, [this] { output_ended(); }),
      group_look_(loop, [this] { look_at_group(); }),
      group_looks_left_(most_group_looks) {}

Result<std::unique_ptr<BuildCommand>> BuildCommand::start(loop::Loop& loop, const BuildSpec& spec,
                                                          BuildLog log, Events events) {
  std::unique_ptr<BuildCommand> build(
      new BuildCommand(loop, spec, std::move(log), std::move(events)));
  if (auto spawned = build->spawn(loop, spec); !spawned) return spawned.error();
  build->time_over_.start(spec.time);
  return build;
}

Result<void> BuildCommand::spawn(loop::Loop& loop, const BuildSpec& spec) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::os_error("cannot make a pipe for the build");
  base::UniqueFd ours(ends[0]);
  const base::UniqueFd theirs(ends[1]);
  if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) {
    return base::os_error("cannot make a pipe for the build");
  }
  loop::ChildSpec child{.argv = {"/bin/sh", "-c", spec.command}, .environment = spec.environment};
  child.working_directory = spec.directory;
  child.input = loop::ChildSpec::Input::nothing;
  child.output = theirs.get();
  child.parent_death_signal = SIGKILL;
  auto spawned =
      loop::ChildProcess::spawn(loop, child, [this](loop::ChildExit exit) { exited(exit); });
  if (!spawned) return spawned.error().error;
  child_ = std::move(spawned).value();
  output_ = std::make_unique<loop::Stream>(
      loop, std::move(ours),
      loop::Stream::Events{.on_bytes = [this](std::string_view bytes) { take(bytes); },
                           .on_end = [this] { output_ended(); },
                           .on_drained = [] {}});
  output_->start_reading();
  return {};
}

void BuildCommand::stop() {
  // Who is left of its group is being looked after already.
  if (exit_) return;
  child_->send_to_group(SIGTERM);
  kill_.start(stop_time_);
}

// A log that cannot be written ends no build: the disk that is full will end it, or the publishing.
void BuildCommand::take(std::string_view output) {
  static_cast<void>(log_.append(output));
  events_.on_output();
}

void BuildCommand::output_ended() {
  output_patience_.stop();
  output_.reset();
  end_if_all_is_over();
}

void BuildCommand::exited(loop::ChildExit exit) {
  exit_ = exit;
  time_over_.stop();
  kill_.stop();
  // What it left running would write into the release.
  child_->send_to_group(SIGKILL);
  if (output_) output_patience_.start(wait_for_output);
  look_at_group();
}

// Who was killed may still write for a moment.
void BuildCommand::look_at_group() {
  const bool is_over = child_->group_is_empty() || --group_looks_left_ == 0;
  if (!is_over) return group_look_.start(between_group_looks);
  group_looks_left_ = 0;
  end_if_all_is_over();
}

void BuildCommand::end_if_all_is_over() {
  if (!exit_ || output_ || group_looks_left_ > 0) return;
  static_cast<void>(log_.finish());
  events_.on_end(*exit_);
}

}  // namespace ops::deploy
