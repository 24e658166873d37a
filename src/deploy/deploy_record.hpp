#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "deploy/deploy_state.hpp"
#include "release/journal.hpp"

namespace ops::deploy {

/// What the journal tells of one deploy or rollback.
struct DeployRecord {
  DeployStatus status;
  bool switched = false;  // `current` was pointed to its release
  bool is_rollback = false;
  std::string archive = {};  // the SHA-256 of what was sent, where the client named it
  /// What to show while the lock is still held by the one who ends it.
  DeployState before_end = DeployState::extracting;
};

/// Of "user@device"; a user may be an e-mail address.
[[nodiscard]] std::string user_of(std::string_view by);

/// All deploys: a fold of the journal's lines, so that every process tells the same.
class DeployRecords {
 public:
  DeployRecords() = default;
  explicit DeployRecords(const std::vector<release::JournalEntry>& entries);
  void add(const release::JournalEntry& entry);

  /// Nothing for a deploy that the journal does not know.
  [[nodiscard]] std::optional<DeployRecord> find(std::string_view deploy) const;

  /// The latest deploy that this user began with this idempotency key, from whatever device, and
  /// not before `since`.
  [[nodiscard]] std::optional<DeployRecord> find_by_key(
      std::string_view by, std::string_view key, std::chrono::system_clock::time_point since) const;

  /// The deploys that never came to an end or to a switch, oldest first. While nobody holds the
  /// lock they are those whose process died.
  [[nodiscard]] std::vector<DeployStatus> unended() const;

  /// The deploy whose release was switched to and is not judged yet.
  [[nodiscard]] std::optional<std::string> on_trial() const;

  /// The deploy that the last line speaks of; empty where it speaks of none.
  [[nodiscard]] const std::string& of_last_line() const { return of_last_line_; }

 private:
  struct Known {
    DeployRecord record;
    std::chrono::system_clock::time_point switched_at = {};
  };
  [[nodiscard]] Known& known(const release::JournalEntry& entry);
  void note_whether_open(const release::JournalEntry& entry);
  void take_over(const release::JournalEntry& entry);

  std::unordered_map<std::string, Known> deploys_;
  std::map<std::pair<std::string, std::string>, std::string> by_key_;  // user and key → deploy
  std::vector<std::string> open_;      // received, and neither switched nor ended
  std::vector<std::string> starting_;  // switched, and not yet judged
  std::string of_last_line_;
};

}  // namespace ops::deploy
