#include "supervisor/supervision.hpp"

#include <array>
#include <csignal>
#include <utility>

#include "supervisor/app_environment.hpp"
#include "supervisor/terminal.hpp"

namespace ops::supervisor {
namespace {

using Kind = AppEvent::Kind;

constexpr int address_unavailable = 69;
constexpr int cannot_set_up_releases = 73;
constexpr std::chrono::milliseconds between_lock_tries{50};
constexpr std::array caught_signals{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

}  // namespace

Supervision::Supervision(const AppSpec& spec, const Supervisor::Observer& observer)
    : spec_(spec),
      observer_(observer),
      rules_{.restart = spec.restart, .stop_timeout = spec.stop_timeout},
      state_(spec.restart.backoff),
      evidence_{.readiness = spec.readiness},
      kill_timer_(loop_, [this] { happen({.kind = Kind::kill_due}); }),
      delay_(loop_, [this] { happen({.kind = Kind::delay_over}); }),
      lock_retry_(loop_, [this] { launch(); }) {
  if (spec.releases) {
    releases_.emplace(*spec.releases, clock_, [this](const Event& event) { tell(event); });
  }
  if (spec.orphans == AppSpec::Orphans::reaped) {
    orphans_.emplace(loop_, [this](pid_t pid) { return app_ && app_->pid() == pid; });
  }
}

int Supervision::run() {
  watch_signals();
  if (!open_listeners()) {
    end(address_unavailable);
    return *status_;
  }
  open_notify_socket();
  // A signal that came until now must find that nothing was started.
  loop_.run_pending();
  happen({.kind = Kind::delay_over});
  if (!status_) loop_.run();
  return status_.value_or(0);
}

void Supervision::watch_signals() {
  for (const int signal : caught_signals) {
    signals_.push_back(std::make_unique<loop::SignalWatcher>(
        loop_, signal, [this, signal] { happen({.kind = Kind::signalled, .value = signal}); }));
  }
}

bool Supervision::open_listeners() {
  auto opened = HeldListeners::open(spec_.listeners);
  if (!opened) {
    tell(CannotBegin{opened.error().message});
    return false;
  }
  listeners_.emplace(std::move(*opened));
  for (const HeldListeners::Socket& socket : listeners_->sockets()) {
    tell(Listening{socket.name, socket.address});
  }
  return true;
}

void Supervision::open_notify_socket() {
  auto opened = NotifySocket::open(loop_, [this](Notification told) { notified(told); });
  if (opened) {
    notify_socket_ = std::move(*opened);
  } else {
    tell(Warning{opened.error().message});
  }
}

void Supervision::happen(AppEvent event) {
  const bool is_serving = !happening_.empty();
  event.at = clock_.now();
  happening_.push_back(event);
  if (is_serving) return;
  while (!happening_.empty()) {
    serve(happening_.front());
    happening_.pop_front();
  }
}

void Supervision::serve(AppEvent event) {
  const Phase before = state_.phase;
  const AppStep step = advance(rules_, state_, event);
  state_ = step.state;
  if (before == Phase::starting && state_.phase == Phase::running) {
    app_->stop_watching_readiness();
    tell(Ready{app_->pid()});
  } else if (state_.phase == Phase::failing && before != Phase::failing) {
    tell(NotReady{app_->pid()});
  }
  for (const AppAction& action : step.actions) perform(action);
}

void Supervision::notified(Notification told) {
  if (told.ready) happen({.kind = Kind::ready});
  if (told.restart) happen({.kind = Kind::restart_asked});
}

void Supervision::app_exited(loop::ChildExit end) {
  // What the app has said before it ended counts.
  if (notify_socket_) notify_socket_->read_pending();
  if (orphans_) orphans_->reap();
  take_back_terminal(app_->pid());
  evidence_.end = end;
  tell(Exited{app_->pid(), end.code, end.signal});
  happen({.kind = Kind::exited, .value = end.status()});
}

void Supervision::perform(const AppAction& action) {
  switch (action.kind) {
    case AppAction::Kind::launch:
      launch();
      break;
    case AppAction::Kind::watch_readiness:
      app_->watch_readiness(spec_.readiness);
      break;
    case AppAction::Kind::send:
      send(action.value);
      break;
    case AppAction::Kind::kill_group:
      kill_group();
      break;
    case AppAction::Kind::clear_group:
      app_->clear_group();
      break;
    case AppAction::Kind::set_kill_timer:
      kill_timer_.start(action.delay);
      break;
    case AppAction::Kind::stop_kill_timer:
      kill_timer_.stop();
      break;
    case AppAction::Kind::wait:
      tell(Delayed{action.delay});
      delay_.start(action.delay);
      break;
    case AppAction::Kind::pass_trial:
      releases_->pass();
      break;
    case AppAction::Kind::fail_trial:
      releases_->fail(trial_reason(action.failure, evidence_));
      break;
    case AppAction::Kind::end:
      end(action.value);
      break;
  }
}

void Supervision::launch() {
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
    lock_retry_.start(between_lock_tries);
  } else {
    launch_in((*turn)->release, (*turn)->directory, (*turn)->trial);
  }
}

void Supervision::launch_in(const std::string& release, const std::string& directory, Trial trial) {
  app_.reset();
  if (notify_socket_) notify_socket_->forget();
  auto started = AppInstance::start(loop_, child_spec(release, directory), app_events());
  if (!started) {
    start_failed(started.error(), trial);
    return;
  }
  app_ = std::move(*started);
  if (notify_socket_) notify_socket_->listen_to(app_->pid());
  tell(Started{app_->pid(), starts_, release});
  ++starts_;
  happen({.kind = Kind::launched, .trial = trial});
}

AppInstance::Events Supervision::app_events() {
  return {.on_ready = [this] { happen({.kind = Kind::ready}); },
          .on_not_ready = [this] { happen({.kind = Kind::not_ready}); },
          .on_exit = [this](loop::ChildExit end) { app_exited(end); },
          .on_cleared = [this] { happen({.kind = Kind::cleared}); }};
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
  return loop::ChildSpec{.argv = spec_.command,
                         .environment = app_environment(spec_.environment, facts),
                         .working_directory = directory,
                         .listeners = listeners_->descriptors(),
                         .terminal = loop::ChildSpec::Terminal::handed_over,
                         .parent_death_signal = SIGTERM};
}

void Supervision::start_failed(const loop::SpawnFailure& failure, Trial trial) {
  evidence_.start_failure = failure.error.message;
  tell(StartFailed{failure.error.message, failure.exit_code});
  happen({.kind = failure.temporary ? Kind::launch_put_off : Kind::launch_failed,
          .value = failure.exit_code,
          .trial = trial});
}

void Supervision::send(int signal) {
  app_->send(signal);
  // CONT only makes a stopped app take the signal before it.
  if (signal != SIGCONT) tell(Signalled{signal});
}

void Supervision::kill_group() {
  app_->kill_group();
  tell(Killed{});
}

void Supervision::end(int status) {
  status_ = status;
  loop_.stop();
  tell(Ended{status});
}

void Supervision::tell(const Event& event) {
  if (observer_) observer_(event);
}

}  // namespace ops::supervisor
