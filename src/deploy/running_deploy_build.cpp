// A deploy's build command.
#include <unistd.h>

#include <string>
#include <utility>

#include "deploy/build_environment.hpp"
#include "deploy/running_deploy.hpp"

namespace ops::deploy {
namespace {

std::string how_it_ended(const loop::ChildExit& exit) {
  if (exit.signal != 0) return "was killed by signal " + std::to_string(exit.signal);
  return "exited with status " + std::to_string(exit.code);
}

}  // namespace

void RunningDeploy::start_build() {
  const DeploySettings& settings = around_.settings;
  phase_began_ = around_.clock.now();
  auto log = BuildLog::create(around_.store.path(), id(), settings.log_bytes);
  if (!log) {
    fail(refused_by(log.error()));
    return handle(Input::trouble);
  }
  BuildSpec spec{settings.build_command, staged_path(around_.store, unpacked_->staging),
                 build_environment(::environ, settings.secrets), settings.build_time,
                 settings.build_stop_time};
  auto build = BuildCommand::start(around_.loop, spec, std::move(log).value(),
                                   {.on_output = [this] { events_.on_change(); },
                                    .on_time_over = [this] { build_took_too_long(); },
                                    .on_end = [this](loop::ChildExit exit) { build_ended(exit); }});
  if (!build) {
    fail(refused_by(build.error()));
    return handle(Input::trouble);
  }
  build_ = std::move(build).value();
}

void RunningDeploy::build_took_too_long() {
  const auto limit = around_.settings.build_time;
  fail({RefusalKind::build_failed,
        "the build took longer than " + std::to_string(limit.count()) + " ms and was stopped"});
  handle(Input::build_time_over);
}

void RunningDeploy::build_ended(loop::ChildExit exit) {
  note_time("building");
  if (exit.status() == 0) return handle(Input::build_succeeded);
  fail({RefusalKind::build_failed, "the build command " + how_it_ended(exit)});
  handle(Input::build_failed);
}

}  // namespace ops::deploy
