#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ops::deploy {

/// The states of a deploy. The last four are ends (running: the release serves).
enum class DeployState {
  queued,
  receiving,
  extracting,
  building,
  starting,
  running,
  failed,
  rolled_back,
  unchanged
};
[[nodiscard]] std::string_view name(DeployState state);  // "rolled-back"
[[nodiscard]] bool is_end(DeployState state);

/// Why a deploy came to no good end.
struct DeployError {
  std::string code = {};     // for programs: "build-failed", "not-ready", "interrupted"…
  std::string message = {};  // for the person who must act
};

struct DeployStatus {
  std::string deploy;
  DeployState state = DeployState::queued;
  std::string release = {};
  std::string source = {};
  std::chrono::system_clock::time_point started_at = {};
  std::map<std::string, long long> timings =
      {};                  // ms: receiving extracting building publishing starting
  DeployError error = {};  // empty where there is none
};

}  // namespace ops::deploy
