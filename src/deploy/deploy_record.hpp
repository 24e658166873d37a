#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/deploy_state.hpp"
#include "release/journal.hpp"

namespace ops::deploy {

/// What the journal tells of one deploy or rollback: a fold of its lines, so that every process
/// tells the same.
struct DeployRecord {
  DeployStatus status;
  bool switched = false;  // `current` was pointed to its release
  /// What to show while the lock is still held by the one who ends it.
  DeployState before_end = DeployState::extracting;
};

/// Nothing for a deploy that the journal does not know.
[[nodiscard]] std::optional<DeployRecord> find_deploy(
    const std::vector<release::JournalEntry>& entries, std::string_view deploy);

/// The deploys that never came to an end or to a switch, oldest first. While nobody holds the lock
/// they are those whose process died.
[[nodiscard]] std::vector<DeployStatus> unended_deploys(
    const std::vector<release::JournalEntry>& entries);

}  // namespace ops::deploy
