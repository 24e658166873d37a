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

// The lock first: it is wanted by the one who is asked. Also while draining: a deploy that was
// about to switch when this process was told to end is for the one that serves by now.
LifeStep on_release_switched(const LifeRules& rules, Phase phase) {
  if (rules.succession == Succession::beside) {
    return {phase, {LifeAction::hand_over, LifeAction::ask_for_successor}};
  }
  return phase == Phase::draining ? LifeStep{phase, {}} : restart_by_exit();
}

}  // namespace

LifeStep advance(const LifeRules& rules, Phase phase, LifeEvent event) {
  if (phase == Phase::draining && event != LifeEvent::release_switched) return {phase, {}};
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
