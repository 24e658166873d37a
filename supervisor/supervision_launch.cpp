// How the next instance comes about: which release, with what environment, and what becomes of a
// start that fails.

#include <unistd.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "supervisor/app_environment.hpp"
#include "supervisor/supervision.hpp"
#include "supervisor/terminal.hpp"

namespace ops::supervisor {
namespace {

using Kind = AppEvent::Kind;
using std::chrono::milliseconds;

constexpr int cannot_set_up_releases = 73;
constexpr milliseconds between_lock_tries{50};
// A program that is still being written will be whole in a moment: the classic race of a deploy.
constexpr milliseconds between_busy_tries{10};
constexpr int busy_tries = 50;
// There may be no process, memory or descriptor left for a second instance at the moment. Meanwhile
// the first one serves, but nothing can be deployed.
constexpr milliseconds between_beside_tries{500};
constexpr int beside_tries = 60;
// At the end, when nobody would pass anything on any more.
constexpr milliseconds patience_with_readers{1000};

}  // namespace

bool Supervision::is_launching() const {
  return state_.phase == Phase::launching || state_.beside == Beside::launching;
}

void Supervision::launch() {
  launch_retry_.stop();
  if (!is_launching()) return;  // it was called off while it waited for its next try
  if (!releases_) {
    launch_in({}, {}, Trial::none);
    return;
  }
  const auto turn = releases_->next();
  if (!turn && starts_ == 0) {
    tell(CannotBegin{turn.error().message});
    end(cannot_set_up_releases);
  } else if (!turn) {
    start_failed({.error = turn.error(), .temporary = true}, Trial::none);
  } else if (!*turn) {
    launch_retry_.start(between_lock_tries);
  } else {
    launch_in((*turn)->release, (*turn)->directory, (*turn)->trial);
  }
}

void Supervision::launch_in(const std::string& release, const std::string& directory, Trial trial) {
  if (notify_socket_) notify_socket_->read_pending();
  auto& place = at(state_.phase == Phase::launching ? Slot::serving : Slot::beside);
  keep_output_of(place);
  place.reset();
  // The other one, while it runs, may count on what it has set.
  const auto& other = state_.phase == Phase::launching ? beside_ : serving_;
  if (!other || other->end()) listeners_->make_blocking();
  auto output = open_output(trial);
  loop::ChildSpec child = child_spec(release, directory);
  if (output) {
    child.output = output->stdout_for_child();
    child.errors = output->stderr_for_child();
  }
  auto started = AppInstance::start(
      loop_, child, {.generation = starts_ + 1, .release = release},
      [this](AppInstance& told, AppEvent::Kind kind) { told_by_instance(told, kind); });
  if (!started) {
    start_failed(started.error(), trial);
    return;
  }
  futile_tries_ = 0;
  place = std::move(*started);
  if (output) place->relay_output(std::move(output));
  if (notify_socket_) notify_socket_->listen_to(place->pid());
  tell(Started{place->pid(), starts_, release});
  ++starts_;
  happen({.kind = Kind::launched, .trial = trial});
}

// Only who is on trial may have to be told about: all others keep our own output.
std::unique_ptr<AppOutput> Supervision::open_output(Trial trial) {
  if (trial == Trial::none) return nullptr;
  auto output = AppOutput::open(loop_, STDOUT_FILENO, STDERR_FILENO);
  if (!output) {
    tell(Warning{output.error().message});
    return nullptr;
  }
  return std::move(*output);
}

void Supervision::keep_output_of(const std::unique_ptr<AppInstance>& past) {
  if (past && past->output() != nullptr) past_outputs_.push_back(past->take_output());
  std::erase_if(past_outputs_, [](const auto& output) { return output->ended(); });
}

void Supervision::drain_outputs() {
  keep_output_of(serving_);
  keep_output_of(beside_);
  // A program of somebody else's does not stand still for a slow reader.
  if (!is_dedicated()) return;
  for (const auto& output : past_outputs_) output->drain(patience_with_readers);
}

void Supervision::start_failed(const loop::SpawnFailure& failure, Trial trial) {
  const bool is_busy = failure.error.reason == std::errc::text_file_busy;
  const bool is_beside = state_.beside == Beside::launching;
  if (is_busy && ++futile_tries_ < busy_tries) {
    if (futile_tries_ == 1) tell(Warning{"the program is being written: waiting a moment"});
    return launch_retry_.start(between_busy_tries);
  }
  if (!is_busy && is_beside && failure.temporary && ++futile_tries_ < beside_tries) {
    if (futile_tries_ == 1) tell(Warning{failure.error.message + "; trying again"});
    return launch_retry_.start(between_beside_tries);
  }
  futile_tries_ = 0;
  if (is_dedicated()) take_back_terminal_from_nobody();
  evidence_.start_failure = failure.error.message;
  tell(StartFailed{failure.error.message, failure.exit_code});
  const bool is_put_off = failure.temporary && !is_beside;
  happen({.kind = is_put_off ? Kind::launch_put_off : Kind::launch_failed,
          .value = failure.exit_code,
          .trial = trial});
}

loop::ChildSpec Supervision::child_spec(const std::string& release,
                                        const std::string& directory) const {
  AppFacts facts{.restart_count = starts_,
                 .listeners = listeners_->sockets().size(),
                 .listener_names = listeners_->names(),
                 .release = release};
  if (notify_socket_) facts.notify_socket = notify_socket_->address();
  if (!spec_.restart.codes.empty()) facts.restart_code = spec_.restart.codes.front();
  if (releases_) facts.releases = releases_->path();
  facts.watchdog = spec_.watchdog;
  facts.overlaps = spec_.replacement == AppSpec::Replacement::overlap;
  facts.succeeds = state_.beside == Beside::launching;
  loop::ChildSpec child{.argv = spec_.command,
                        .environment = app_environment(spec_.environment, facts),
                        .working_directory = directory,
                        .listeners = listeners_->descriptors()};
  if (is_dedicated()) {
    child.terminal = loop::ChildSpec::Terminal::handed_over;
    child.parent_death_signal = SIGTERM;
  }
  return child;
}

}  // namespace ops::supervisor
