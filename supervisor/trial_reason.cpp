#include "supervisor/trial_reason.hpp"

#include <cstring>

namespace ops::supervisor {
namespace {

std::string seconds(std::chrono::milliseconds time) {
  const auto whole = std::to_string(time.count() / 1000);
  const auto rest = time.count() % 1000;
  if (rest == 0) return whole + " s";
  std::string decimals = std::to_string(1000 + rest).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return whole + "." + decimals + " s";
}

}  // namespace

std::string how_it_ended(loop::ChildExit end) {
  if (end.signal == 0) return "exit status " + std::to_string(end.code);
  const char* name = ::sigabbrev_np(end.signal);
  return "signal " + std::to_string(end.signal) +
         (name != nullptr ? " (" + std::string(name) + ")" : "");
}

std::string trial_reason(TrialFailure failure, const TrialEvidence& evidence) {
  switch (failure) {
    case TrialFailure::did_not_start:
      return evidence.start_failure;
    case TrialFailure::exited:
      return "it ended with " + how_it_ended(evidence.end) + " before it was ready";
    case TrialFailure::not_ready:
      return "it was not ready within " + seconds(evidence.readiness.timeout);
    case TrialFailure::restarted_too_often:
      return "it asked four times to be restarted before it was ready";
  }
  return {};
}

}  // namespace ops::supervisor
