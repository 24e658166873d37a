#include "supervisor/app_instance.hpp"

#include <chrono>
#include <csignal>
#include <utility>

namespace ops::supervisor {
namespace {

// Nothing tells when a process group has become empty: it is looked at as often.
constexpr std::chrono::milliseconds between_looks{5};

}  // namespace

AppInstance::AppInstance(loop::Loop& loop, Events events)
    : loop_(loop), events_(std::move(events)), group_look_(loop, [this] { look_at_group(); }) {}

Result<std::unique_ptr<AppInstance>, loop::SpawnFailure> AppInstance::start(
    loop::Loop& loop, const loop::ChildSpec& spec, Events events) {
  std::unique_ptr<AppInstance> instance(new AppInstance(loop, std::move(events)));
  auto child = loop::ChildProcess::spawn(
      loop, spec, [started = instance.get()](loop::ChildExit end) { started->ended(end); });
  if (!child) return std::move(child).error();
  instance->child_ = std::move(*child);
  return instance;
}

void AppInstance::watch_readiness(const Readiness& readiness) {
  readiness_.emplace(
      loop_, readiness,
      ReadinessWatch::Events{.on_ready = events_.on_ready, .on_timeout = events_.on_not_ready});
}

void AppInstance::ended(loop::ChildExit end) {
  readiness_.reset();
  // The owner may destroy us in the call.
  const auto tell = std::move(events_.on_exit);
  tell(end);
}

void AppInstance::kill_group() { child_->send_to_group(SIGKILL); }

void AppInstance::clear_group() {
  if (!child_->group_is_empty()) child_->send_to_group(SIGTERM);
  look_at_group();
}

void AppInstance::look_at_group() {
  if (!child_->group_is_empty()) {
    group_look_.start(between_looks);
    return;
  }
  const auto tell = std::move(events_.on_cleared);
  tell();
}

}  // namespace ops::supervisor
