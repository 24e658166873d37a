#include "client/deploy_status.hpp"

#include <algorithm>

#include "client/json_object.hpp"
#include "client/names.hpp"

namespace ops::client {
namespace {

constexpr std::string_view states[] = {"queued",   "receiving",   "extracting",
                                       "building", "starting",    "running",
                                       "failed",   "rolled-back", "unchanged"};

DeployError error_in(const JsonObject& status) {
  const auto error = status.object("error");
  return error ? DeployError{error->text("code"), error->text("message")} : DeployError{};
}

// A code that a newer server may have is no reason to guess more than the state says.
FailureKind kind_of(const DeployStatus& status) {
  const std::string& code = status.error.code;
  if (code == "build-failed") return FailureKind::build_failed;
  if (code == "not-ready") return FailureKind::not_ready;
  if (code == "superseded") return FailureKind::not_serving;
  constexpr std::string_view refusals[] = {"release-failed-before", "archive-refused", "too-large",
                                           "not-a-zip"};
  const auto* const refused = std::ranges::find(refusals, code);
  if (refused != std::end(refusals)) return FailureKind::archive_refused;
  return status.state == "rolled-back" ? FailureKind::not_ready : FailureKind::other;
}

std::string_view what_failed(FailureKind kind) {
  if (kind == FailureKind::build_failed) return "the build failed";
  if (kind == FailureKind::not_ready) return "the release was not ready";
  return "the deploy failed";
}

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
                      .error = error_in(*json)};
  if (!is_deploy_name(status.deploy)) return Error{"the answer names no deploy"};
  if (std::ranges::find(states, status.state) == std::end(states)) {
    return Error{"the answer names no state that is known here"};
  }
  if (!is_release_name(status.release)) status.release.clear();
  return status;
}

std::optional<Failure> failure_in(const DeployStatus& status) {
  if (status.state != "rolled-back" && status.state != "failed") return std::nullopt;
  const std::string& message = status.error.message;
  const std::string reason = message.empty() ? "the server gives no reason" : message;
  const FailureKind kind = kind_of(status);
  return Failure{kind, std::string(what_failed(kind)) + ": " + reason};
}

}  // namespace ops::client
