#include "middleware/lifecycle.hpp"

#include <vector>

#include "catch.hpp"

namespace ops::middleware {
namespace {

using Actions = std::vector<LifeAction>;

constexpr LifeRules alone{};
constexpr LifeRules beside{.succession = Succession::beside, .acceptance = Acceptance::when_ready};

const Actions draining{LifeAction::tell_stopping, LifeAction::drain};
const Actions restarting{LifeAction::exit_with_restart_code, LifeAction::tell_stopping,
                         LifeAction::drain};

void check(const LifeStep& step, Phase phase, const Actions& actions) {
  CHECK(step.phase == phase);
  CHECK(step.actions == actions);
}

TEST_CASE("an app that is told ready tells the supervisor, once, when it takes connections") {
  const Actions ready{LifeAction::accept, LifeAction::tell_ready};
  for (const LifeRules& rules : {alone, beside}) {
    check(advance(rules, Phase::starting, LifeEvent::told_ready), Phase::ready, ready);
    check(advance(rules, Phase::ready, LifeEvent::told_ready), Phase::ready, {});
  }
}

TEST_CASE("a process beside which another may serve takes no connections before it is ready") {
  const Actions accept{LifeAction::accept};
  check(advance(alone, Phase::starting, LifeEvent::listening), Phase::starting, accept);
  check(advance(beside, Phase::starting, LifeEvent::listening), Phase::starting, {});
  check(advance(beside, Phase::ready, LifeEvent::listening), Phase::ready, accept);
}

TEST_CASE("who is told to end drains, and ends well") {
  for (const LifeRules& rules : {alone, beside}) {
    for (const Phase phase : {Phase::starting, Phase::ready}) {
      check(advance(rules, phase, LifeEvent::told_to_end), Phase::draining, draining);
    }
  }
}

TEST_CASE("a switched release makes room for the next process by the restart code") {
  for (const Phase phase : {Phase::starting, Phase::ready}) {
    check(advance(alone, phase, LifeEvent::release_switched), Phase::draining, restarting);
  }
}

TEST_CASE("where the next process comes beside it, it is asked for, and this one serves on") {
  const Actions asking{LifeAction::hand_over, LifeAction::ask_for_successor};
  for (const Phase phase : {Phase::starting, Phase::ready}) {
    check(advance(beside, phase, LifeEvent::release_switched), phase, asking);
  }
}

TEST_CASE("where there is nobody to ask, it ends with the restart code") {
  check(advance(beside, Phase::ready, LifeEvent::cannot_ask), Phase::draining, restarting);
}

TEST_CASE("who is draining is moved by nothing") {
  for (const LifeRules& rules : {alone, beside}) {
    for (const LifeEvent event : {LifeEvent::listening, LifeEvent::told_ready,
                                  LifeEvent::told_to_end, LifeEvent::cannot_ask}) {
      check(advance(rules, Phase::draining, event), Phase::draining, {});
    }
  }
  check(advance(alone, Phase::draining, LifeEvent::release_switched), Phase::draining, {});
}

TEST_CASE(
    "a release that is switched to in the last moment is told to the one that serves by then") {
  check(advance(beside, Phase::draining, LifeEvent::release_switched), Phase::draining,
        {LifeAction::hand_over, LifeAction::ask_for_successor});
}

}  // namespace
}  // namespace ops::middleware
