#include "supervisor/app_instance.hpp"

#include <csignal>
#include <utility>

namespace ops::supervisor {
namespace {

using std::chrono::milliseconds;
using Kind = AppEvent::Kind;

// Nothing tells when a process group has become empty: it is looked at as often.
constexpr milliseconds between_looks{5};
// A KILL has done by then what it can do.
constexpr milliseconds after_kill{1000};

}  // namespace

AppInstance::AppInstance(loop::Loop& loop, Identity identity, Observer observer)
    : loop_(loop),
      identity_(std::move(identity)),
      observer_(std::move(observer)),
      kill_due_(loop, [this] { tell(Kind::kill_due); }),
      life_due_(loop, [this] { tell(Kind::watchdog_missed); }),
      group_look_(loop, [this] { look_at_group(); }) {}

Result<std::unique_ptr<AppInstance>, loop::SpawnFailure> AppInstance::start(
    loop::Loop& loop, const loop::ChildSpec& spec, Identity identity, Observer observer) {
  std::unique_ptr<AppInstance> instance(
      new AppInstance(loop, std::move(identity), std::move(observer)));
  auto child = loop::ChildProcess::spawn(
      loop, spec, [started = instance.get()](loop::ChildExit end) { started->ended(end); });
  if (!child) return std::move(child).error();
  instance->child_ = std::move(*child);
  return instance;
}

AppInstance::~AppInstance() {
  // The child itself is the ChildProcess's to kill; others of its group may have outlived it.
  if (child_ && end_ && is_clearing_ && !child_->group_is_empty()) kill_group();
}

milliseconds AppInstance::uptime() const {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started_at_);
}

void AppInstance::relay_output(std::unique_ptr<AppOutput> output) {
  output_ = std::move(output);
  output_->child_started();
}

// The owner may destroy us in the call.
void AppInstance::tell(Kind kind) {
  const auto observer = observer_;
  observer(*this, kind);
}

void AppInstance::watch_readiness(const Readiness& readiness) {
  readiness_.emplace(loop_, readiness,
                     ReadinessWatch::Events{.on_ready = [this] { tell(Kind::ready); },
                                            .on_timeout = [this] { tell(Kind::not_ready); }});
}

void AppInstance::extend_readiness(milliseconds time) {
  if (readiness_) readiness_->extend(time);
}

void AppInstance::watch_life(milliseconds interval) {
  life_interval_ = interval;
  sign_of_life();
}

void AppInstance::sign_of_life() {
  if (life_interval_.count() == 0) {
    life_due_.stop();
  } else {
    life_due_.start(life_interval_);
  }
}

void AppInstance::ended(loop::ChildExit end) {
  end_ = end;
  readiness_.reset();
  life_interval_ = milliseconds{0};
  life_due_.stop();
  if (output_) output_->drain();
  tell(Kind::exited);
}

void AppInstance::kill_group() {
  child_->send_to_group(SIGKILL);
  if (is_clearing_ && !group_killed_at_) group_killed_at_ = std::chrono::steady_clock::now();
}

void AppInstance::clear_group() {
  is_clearing_ = true;
  if (!child_->group_is_empty()) {
    child_->send_to_group(SIGTERM);
    child_->send_to_group(SIGCONT);  // a stopped process takes the TERM only when it goes on
  }
  look_at_group();
}

void AppInstance::look_at_group() {
  if (!child_->group_is_empty()) {
    const auto now = std::chrono::steady_clock::now();
    leaves_somebody_ = group_killed_at_ && now - *group_killed_at_ > after_kill;
    if (!leaves_somebody_) return group_look_.start(between_looks);
  }
  is_clearing_ = false;
  kill_due_.stop();
  tell(Kind::cleared);
}

}  // namespace ops::supervisor
