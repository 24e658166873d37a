#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "client/failure.hpp"
#include "ops/result.hpp"

namespace ops::client {

/// How a deploy or a rollback stands, as its server tells.
struct DeployStatus {
  std::string deploy;
  std::string state;    // "building"; the ends: "running", "failed", "rolled-back", "unchanged"
  std::string release;  // empty while it is not known
  std::map<std::string, long long> timings;  // phase to milliseconds
  std::string error;
};

[[nodiscard]] bool is_end_state(std::string_view state);

/// Reads the answer to GET /admin/deploys/<id>, or the shorter one to the request that began a
/// deploy. Without a valid id and state it is an error.
[[nodiscard]] Result<DeployStatus> parse_deploy_status(std::string_view json);

/// Why a deploy that ended in `status` failed; nothing where it did not. Only an instance that was
/// started can have been not ready: without that phase it is the build that failed.
[[nodiscard]] std::optional<Failure> failure_in(const DeployStatus& status);

}  // namespace ops::client
