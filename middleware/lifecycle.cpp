#include "middleware/lifecycle.hpp"

namespace ops::middleware {
namespace {

LifeStep restart_by_exit() {
  return {Phase::draining,
          {LifeAction::exit_with_restart_code, LifeAction::tell_stopping, LifeAction::drain}};
}

LifeStep on_listening(const LifeRules& rules, Phase phase) {
  if (rules.acceptance == Acceptance::when_ready && phase == Phase::starting) return {phase, {}};
  return {phase, {LifeAction::accept}};
}

// Whoever is told that it is ready must find it serving.
LifeStep on_told_ready(Phase phase) {
  if (phase != Phase::starting) return {phase, {}};
  return {Phase::ready, {LifeAction::accept, LifeAction::tell_ready}};
}

// The lock first: it is wanted by the one who is asked.
LifeStep on_release_switched(const LifeRules& rules, Phase phase) {
  if (rules.succession == Succession::end_first) return restart_by_exit();
  return {phase, {LifeAction::hand_over, LifeAction::ask_for_successor}};
}

// A deploy that was about to switch when this process was told to end: another one serves by now,
// and must learn of it.
LifeStep on_draining(const LifeRules& rules, LifeEvent event) {
  if (event != LifeEvent::release_switched || rules.succession != Succession::beside) {
    return {Phase::draining, {}};
  }
  return {Phase::draining, {LifeAction::hand_over, LifeAction::ask_for_successor}};
}

}  // namespace

LifeStep advance(const LifeRules& rules, Phase phase, LifeEvent event) {
  if (phase == Phase::draining) return on_draining(rules, event);
  switch (event) {
    case LifeEvent::listening:
      return on_listening(rules, phase);
    case LifeEvent::told_ready:
      return on_told_ready(phase);
    case LifeEvent::told_to_end:
      return {Phase::draining, {LifeAction::tell_stopping, LifeAction::drain}};
    case LifeEvent::release_switched:
      return on_release_switched(rules, phase);
    case LifeEvent::cannot_ask:
      return restart_by_exit();
  }
  return {phase, {}};
}

}  // namespace ops::middleware
