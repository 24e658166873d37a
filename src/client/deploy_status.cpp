#include "client/deploy_status.hpp"

#include <algorithm>

#include "client/json_object.hpp"
#include "client/names.hpp"

namespace ops::client {
namespace {

constexpr std::string_view states[] = {"queued",   "receiving",   "extracting",
                                       "building", "starting",    "running",
                                       "failed",   "rolled-back", "unchanged"};

}  // namespace

bool is_end_state(std::string_view state) {
  return state == "running" || state == "failed" || state == "rolled-back" || state == "unchanged";
}

Result<DeployStatus> parse_deploy_status(std::string_view text) {
  const auto json = JsonObject::parse(text);
  if (!json) return Error{"the answer is no JSON object"};
  DeployStatus status{.deploy = json->text("deployId"),
                      .state = json->text("state"),
                      .release = json->text("release"),
                      .timings = json->numbers("timings"),
                      .error = json->text("error")};
  if (!is_deploy_name(status.deploy)) return Error{"the answer names no deploy"};
  if (std::ranges::find(states, status.state) == std::end(states)) {
    return Error{"the answer names no state that is known here"};
  }
  if (!is_release_name(status.release)) status.release.clear();
  return status;
}

std::optional<Failure> failure_in(const DeployStatus& status) {
  const bool was_started = status.state == "rolled-back" || status.timings.contains("starting");
  if (status.state != "rolled-back" && status.state != "failed") return std::nullopt;
  const std::string reason = status.error.empty() ? "the server gives no reason" : status.error;
  if (was_started) return Failure{FailureKind::not_ready, "the release was not ready: " + reason};
  return Failure{FailureKind::build_failed, "the build failed: " + reason};
}

}  // namespace ops::client
