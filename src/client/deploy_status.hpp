#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "client/failure.hpp"
#include "ops/result.hpp"

namespace ops::client {

/// Why a deploy came to no good end, as its server tells.
struct DeployError {
  std::string code = {};  // "build-failed", "not-ready", …
  std::string message = {};
};

/// How a deploy or a rollback stands, as its server tells.
struct DeployStatus {
  std::string deploy;
  std::string state;    // "building"; the ends: "running", "failed", "rolled-back", "unchanged"
  std::string release;  // empty while it is not known
  std::map<std::string, long long> timings;  // phase to milliseconds
  DeployError error;
};

[[nodiscard]] bool is_end_state(std::string_view state);

/// Reads the answer to GET /admin/deploys/<id>, or the shorter one to the request that began a
/// deploy. Without a valid id and state it is an error.
[[nodiscard]] Result<DeployStatus> parse_deploy_status(std::string_view json);

/// Why a deploy that ended in `status` failed; nothing where it did not. The server's code decides.
[[nodiscard]] std::optional<Failure> failure_in(const DeployStatus& status);

}  // namespace ops::client
