#include "supervisor/trial_reason.hpp"

#include <csignal>

#include "catch.hpp"

using namespace std::chrono_literals;
using ops::supervisor::trial_reason;
using ops::supervisor::TrialFailure;

TEST_CASE("the reason of a failed trial says what the app did") {
  CHECK(trial_reason(TrialFailure::exited, {.end = {.code = 1}}) ==
        "it ended with exit status 1 before it was ready");
  CHECK(trial_reason(TrialFailure::exited, {.end = {.signal = SIGKILL}}) ==
        "it ended with signal 9 (KILL) before it was ready");
  CHECK(trial_reason(TrialFailure::not_ready, {.readiness = {.timeout = 300s}}) ==
        "it was not ready within 300 s");
  CHECK(trial_reason(TrialFailure::not_ready, {.readiness = {.timeout = 1050ms}}) ==
        "it was not ready within 1.05 s");
  CHECK(trial_reason(TrialFailure::did_not_start,
                     {.start_failure = "cannot run ./app: command not found"}) ==
        "cannot run ./app: command not found");
  CHECK(trial_reason(TrialFailure::restarted_too_often, {}) ==
        "it asked four times to be restarted before it was ready");
}
