#include "supervisor/supervision.hpp"

#include <csignal>
#include <utility>

#include "loop/broken_pipe_shield.hpp"
#include "supervisor/caught_signals.hpp"
#include "supervisor/terminal.hpp"

namespace ops::supervisor {
namespace {

using Kind = AppEvent::Kind;
using std::chrono::milliseconds;

constexpr int unavailable = 69;

loop::Loop::BrokenPipes broken_pipes_of(const AppSpec& spec) {
  return spec.process == AppSpec::Process::dedicated ? loop::Loop::BrokenPipes::ignored
                                                     : loop::Loop::BrokenPipes::left_alone;
}

}  // namespace

Supervision::Supervision(AppSpec spec, Supervisor::Observer observer)
    : spec_(std::move(spec)),
      observer_(observer ? std::make_shared<const Supervisor::Observer>(std::move(observer))
                         : nullptr),
      rules_{.restart = spec_.restart,
             .stop_timeout = spec_.stop_timeout,
             .replacement = spec_.replacement},
      state_(spec_.restart.backoff),
      loop_(broken_pipes_of(spec_)),
      descriptor_(loop_),
      outer_(loop_, clock_, spec_.outer,
             [this](const Error& error) { tell(Warning{error.message}); }),
      delay_(loop_, [this] { happen({.kind = Kind::delay_over}); }),
      launch_retry_(loop_, [this] { launch(); }),
      reload_due_(loop_, [this] {
        tell(Warning{"the app said RELOADING=1, and no READY=1 has followed in time"});
      }) {
  if (spec_.releases) {
    releases_.emplace(*spec_.releases, clock_, [this](const Event& event) { tell(event); });
  }
}

Supervision::~Supervision() = default;

void Supervision::start() {
  if (is_dedicated()) reap_orphans();
  if ((is_dedicated() && !watch_signals()) || !open_listeners() || !open_control_socket()) {
    end(unavailable);
  } else {
    open_notify_socket();
    // A signal that came until now must find that nothing was started.
    loop_.run_pending();
    happen({.kind = Kind::delay_over});
  }
  settle();
}

bool Supervision::serve_next() {
  std::optional<loop::BrokenPipeShield> shield;
  if (!is_dedicated()) shield.emplace();
  const bool goes_on = loop_.run_once();
  shield.reset();
  settle();
  return goes_on;
}

void Supervision::serve_due() { settle(); }

// Whatever was started is waited for from now on, and whatever has happened is told. The observer
// may make more happen, or be the end of this.
void Supervision::settle() {
  if (is_telling_) return;
  do {
    std::optional<loop::BrokenPipeShield> shield;
    if (!is_dedicated()) shield.emplace();
    loop_.run_pending();
    shield.reset();
    tell_observer();
  } while (!events_.empty());
  descriptor_.rearm();
}

void Supervision::tell_observer() {
  is_telling_ = true;
  while (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    if (const auto observer = observer_) (*observer)(event);
  }
  is_telling_ = false;
}

void Supervision::abandon() {
  is_abandoned_ = true;
  observer_ = nullptr;
  events_.clear();
  serving_.reset();
  beside_.reset();
  if (!exit_status_) exit_status_ = 0;
  loop_.stop();
}

void Supervision::restart() {
  happen({.kind = Kind::restart_asked});
  settle();
}

void Supervision::signal(int number) {
  happen({.kind = Kind::signalled, .value = number});
  settle();
}

bool Supervision::watch_signals() {
  auto opened = loop::SignalQueue::open(loop_, caught_signals, [this](int signal) {
    happen({.kind = Kind::signalled, .value = signal});
  });
  if (!opened) {
    tell(CannotBegin{opened.error().message});
    return false;
  }
  signals_ = std::move(*opened);
  return true;
}

void Supervision::reap_orphans() {
  orphans_.emplace(loop_, [this](pid_t pid) { return find_by_group(pid) != nullptr; });
  stops_ = std::make_unique<loop::SignalWatcher>(loop_, SIGCHLD, [this] { follow_stopped_app(); });
  stops_->do_not_keep_loop_alive();
}

void Supervision::follow_stopped_app() {
  if (serving_ && !serving_->end()) follow_stop(serving_->pid());
}

bool Supervision::open_listeners() {
  auto opened = HeldListeners::open(spec_.listeners, spec_.passed_sockets);
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

bool Supervision::open_control_socket() {
  if (spec_.control_path.empty()) return true;
  ControlSocket::Orders orders{
      .status = [this] { return status(); },
      .restart = [this] { happen({.kind = Kind::restart_asked}); },
      .stop = [this] { happen({.kind = Kind::signalled, .value = SIGTERM}); }};
  for (const HeldListeners::Socket& socket : listeners_->sockets()) {
    orders.listeners.push_back({socket.name, socket.address});
  }
  auto opened = ControlSocket::open(loop_, spec_.control_path, std::move(orders));
  if (!opened) {
    tell(CannotBegin{opened.error().message});
    return false;
  }
  control_ = std::move(*opened);
  return true;
}

void Supervision::open_notify_socket() {
  auto opened = NotifySocket::open(
      loop_, [this](pid_t group, const Notification& told) { told_by_app(group, told); });
  if (opened) {
    notify_socket_ = std::move(*opened);
  } else {
    tell(Warning{opened.error().message});
  }
}

void Supervision::happen(AppEvent event, unsigned long generation) {
  if (is_abandoned_) return;
  const bool is_serving = !happening_.empty();
  event.at = clock_.now();
  happening_.push_back({event, generation});
  if (is_serving) return;
  while (!happening_.empty()) {
    serve(happening_.front());
    happening_.pop_front();
  }
}

void Supervision::serve(Happening happening) {
  if (happening.generation != 0) {
    const auto place = place_of(happening.generation);
    if (!place) return;  // of one that is long gone
    happening.event.slot = *place;
  }
  if (happening.event.kind == Kind::restart_asked) happening.event.outdated = is_outdated();
  const AppState before = state_;
  AppStep step = advance(rules_, state_, happening.event);
  state_ = step.state;
  if (!before.stop_ordered && state_.stop_ordered) outer_.stopping();
  const bool is_taken = before.phase != state_.phase || before.beside != state_.beside;
  if (is_taken && happening.event.kind == Kind::not_ready) {
    tell(NotReady{at(happening.event.slot)->pid()});
  } else if (is_taken && happening.event.kind == Kind::watchdog_missed) {
    tell(WatchdogExpired{at(happening.event.slot)->pid()});
  }
  for (const AppAction& action : step.actions) perform(action);
}

// Whether another release is current than the one that the next instance was started with.
bool Supervision::is_outdated() const {
  if (!releases_ || !beside_) return false;
  const auto current = releases_->current();
  return current && *current != beside_->identity().release;
}

void Supervision::told_by_instance(AppInstance& instance, AppEvent::Kind kind) {
  if (kind == Kind::exited) {
    app_ended(instance);
  } else {
    if (kind == Kind::cleared && notify_socket_) {
      notify_socket_->stop_listening_to(instance.pid());
    }
    if (kind == Kind::cleared && instance.leaves_somebody()) {
      tell(Warning{"processes of the group " + std::to_string(instance.pid()) +
                   " are left that cannot be ended"});
    }
    happen({.kind = kind}, instance.identity().generation);
  }
}

void Supervision::app_ended(AppInstance& instance) {
  // What the app has said before it ended counts.
  if (notify_socket_) notify_socket_->read_pending();
  if (notify_socket_) notify_socket_->stop_listening_to(instance.pid());
  if (orphans_) orphans_->reap();
  const loop::ChildExit end = *instance.end();
  const bool had_terminal = is_dedicated() && take_back_terminal(instance.pid());
  last_exit_ = Status::Exit{end.code, end.signal};
  tell(Exited{instance.pid(), end.code, end.signal});
  // Ctrl-C goes from the terminal to the app alone: it is an order to stop all the same.
  if (had_terminal && end.signal == SIGINT) happen({.kind = Kind::signalled, .value = SIGINT});
  happen({.kind = Kind::exited,
          .value = end.status(),
          .end = end.signal == 0 ? End::by_itself : End::by_signal},
         instance.identity().generation);
}

void Supervision::told_by_app(pid_t group, const Notification& told) {
  const AppInstance* teller = find_by_group(group);
  if (teller == nullptr) return;
  const unsigned long generation = teller->identity().generation;
  if (told.ready) happen({.kind = Kind::ready}, generation);
  if (told.extend_timeout) {
    happen({.kind = Kind::extended, .delay = std::chrono::ceil<milliseconds>(*told.extend_timeout)},
           generation);
  }
  if (told.restart) happen({.kind = Kind::restart_asked}, generation);
  if (told.watchdog_trigger) happen({.kind = Kind::watchdog_missed}, generation);
  // The steps above may have been its last.
  AppInstance* instance = find_by_group(group);
  if (instance == nullptr || instance->end()) return;
  if (told.watchdog_interval) {
    instance->watch_life(std::chrono::ceil<milliseconds>(*told.watchdog_interval));
  }
  if (told.watchdog) instance->sign_of_life();
  if (instance == serving_.get()) note_what_app_says(told);
}

void Supervision::note_what_app_says(const Notification& told) {
  if (told.status) {
    app_text_ = *told.status;
    outer_.status(app_text_);
  }
  // Said together, each of these outweighs that it reloads.
  if (told.ready || told.stopping) {
    app_reloads_ = false;
    reload_due_.stop();
  } else if (told.reloading) {
    app_reloads_ = true;
    reload_due_.start(spec_.readiness.timeout);
  }
}

void Supervision::perform(const AppAction& action) {
  switch (action.kind) {
    case AppAction::Kind::launch:
      return launch();
    case AppAction::Kind::wait:
      return wait(action.delay);
    case AppAction::Kind::pass_trial:
      return releases_->pass();
    case AppAction::Kind::fail_trial:
      return fail_trial(action);
    case AppAction::Kind::change_places:
      return std::swap(serving_, beside_);
    case AppAction::Kind::give_up_place:
      return give_up_place();
    case AppAction::Kind::end:
      return end(action.value);
    case AppAction::Kind::watch_readiness:
    case AppAction::Kind::send:
    case AppAction::Kind::kill_group:
    case AppAction::Kind::clear_group:
    case AppAction::Kind::set_kill_timer:
    case AppAction::Kind::stop_kill_timer:
    case AppAction::Kind::extend_readiness:
    case AppAction::Kind::extend_kill_timer:
    case AppAction::Kind::begin_service:
      if (AppInstance* instance = at(action.slot).get()) perform_on(*instance, action);
      return;
  }
}

void Supervision::perform_on(AppInstance& instance, const AppAction& action) {
  switch (action.kind) {
    case AppAction::Kind::watch_readiness:
      return instance.watch_readiness(spec_.readiness);
    case AppAction::Kind::extend_readiness:
      return instance.extend_readiness(action.delay);
    case AppAction::Kind::begin_service:
      return begin_service(instance);
    case AppAction::Kind::send:
      instance.send(action.value);
      // CONT only makes a stopped app take the signal before it.
      if (action.value != SIGCONT) tell(Signalled{instance.pid(), action.value});
      return;
    case AppAction::Kind::kill_group:
      instance.kill_group();
      return tell(Killed{instance.pid()});
    case AppAction::Kind::clear_group:
      return instance.clear_group();
    case AppAction::Kind::set_kill_timer:
      return instance.kill_deadline().start(action.delay);
    case AppAction::Kind::extend_kill_timer:
      return instance.kill_deadline().extend(action.delay);
    case AppAction::Kind::stop_kill_timer:
      return instance.kill_deadline().stop();
    case AppAction::Kind::launch:
    case AppAction::Kind::wait:
    case AppAction::Kind::pass_trial:
    case AppAction::Kind::fail_trial:
    case AppAction::Kind::change_places:
    case AppAction::Kind::give_up_place:
    case AppAction::Kind::end:
      return;
  }
}

void Supervision::begin_service(AppInstance& instance) {
  instance.stop_watching_readiness();
  if (instance.output() != nullptr) instance.output()->forget_lines();
  instance.watch_life(spec_.watchdog);
  app_reloads_ = false;
  reload_due_.stop();
  if (!std::exchange(outer_knows_we_are_ready_, true)) outer_.ready();
  tell(Ready{instance.pid()});
}

void Supervision::give_up_place() {
  if (serving_) tell(NotReplaced{beside_ ? beside_->pid() : 0, serving_->pid()});
}

void Supervision::fail_trial(const AppAction& action) {
  const auto& instance = at(action.slot);
  if (action.failure == TrialFailure::exited && instance && instance->end()) {
    evidence_.end = *instance->end();
  }
  evidence_.readiness = spec_.readiness;
  const bool printed = instance && instance->output() != nullptr;
  releases_->fail(trial_reason(action.failure, evidence_),
                  printed ? instance->output()->last_lines() : std::vector<std::string>());
}

void Supervision::wait(milliseconds delay) {
  tell(Delayed{delay});
  next_start_ = clock_.now() + delay;
  delay_.start(delay);
}

void Supervision::end(int status) {
  exit_status_ = status;
  delay_.stop();
  launch_retry_.stop();
  drain_outputs();
  loop_.stop();
  tell(Ended{status});
}

std::optional<Slot> Supervision::place_of(unsigned long generation) const {
  if (serving_ && serving_->identity().generation == generation) return Slot::serving;
  if (beside_ && beside_->identity().generation == generation) return Slot::beside;
  return std::nullopt;
}

AppInstance* Supervision::find_by_group(pid_t group) const {
  if (serving_ && serving_->pid() == group) return serving_.get();
  if (beside_ && beside_->pid() == group) return beside_.get();
  return nullptr;
}

}  // namespace ops::supervisor
