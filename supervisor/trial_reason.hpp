#pragma once

#include <string>

#include "loop/child_process.hpp"
#include "ops/supervisor/readiness.hpp"
#include "supervisor/app_machine.hpp"

namespace ops::supervisor {

/// What is known about an instance whose release has failed its trial.
struct TrialEvidence {
  loop::ChildExit end = {};
  std::string start_failure = {};
  Readiness readiness = {};
};

/// One sentence for the journal and for the one who deployed.
[[nodiscard]] std::string trial_reason(TrialFailure failure, const TrialEvidence& evidence);

/// "exit status 1", "signal 9 (KILL)".
[[nodiscard]] std::string how_it_ended(loop::ChildExit end);

}  // namespace ops::supervisor
