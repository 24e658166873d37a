#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::release {

/// What the journal tells. In the file '_' is written '-'.
enum class EventKind {
  image,     // `current` points to what the container image ships; `hash` is the image's name
  received,  // a deploy's archive is whole and unpacked
  refused,   // a deploy was not taken
  built,
  published,    // the release's directory has its final name
  switched,     // `current` points to the release
  healthy,      // the release passed its trial
  failed,       // the deploy ended and nothing was switched; with `release`: it failed its trial
  reverted,     // `current` went back to `release`, by the supervisor
  rolled_back,  // `current` was switched back to `release` because somebody asked for it
  unchanged,    // a deploy of what already serves
  removed,
  compacted,  // the first line of a journal whose older lines were put aside; `hash`: of their last
  login_failed,
};

/// One line. Fields that do not apply are empty and are not written.
struct JournalEntry {
  EventKind event = EventKind::received;
  std::chrono::system_clock::time_point time = {};
  std::string release = {};  // id
  std::string hash = {};     // the full content hash, where `release` is first named
  std::string source = {};   // the source hash
  std::string deploy = {};   // id
  std::string by = {};       // user and device
  std::string address = {};  // where the request came from
  std::string archive = {};  // the SHA-256 of what was sent, where the client named it
  std::string key = {};      // the request's idempotency key
  std::string reason = {};   // for people; of a failed trial with the app's last output lines
  std::string code = {};     // of a reason: what kind it is, for programs ("build-failed")
  std::map<std::string, long long> timings = {};  // of a deploy's phases, in milliseconds
  bool forced = false;                            // deployed although it failed before
  std::optional<std::size_t> keep =
      {};  // of `switched`: how many healthy releases retention leaves
};

/// releases.log: one JSON object a line, append-only, each line carrying the SHA-256 of the line
/// before (`prev`, over all of it but the line feed; the first line has none). Only compact() takes
/// lines out.
class Journal {
 public:
  /// Below the open releases directory, which must outlive the Journal. Creates nothing.
  Journal(int releases, const base::Clock& clock);

  /// Appends a line (its time is now) and makes it durable before it returns. Several processes may
  /// append: each takes flock(2) on the file for the moment. A torn last line, left by a power cut,
  /// is cut off first.
  [[nodiscard]] Result<void> append(JournalEntry entry);

  /// All lines, oldest first; see JournalReader for those that are passed over, and for whoever
  /// reads more than once. No journal is an empty one.
  [[nodiscard]] Result<std::vector<JournalEntry>> read() const;

  /// Whether each line carries the hash of the line before; the error names the first that does
  /// not.
  [[nodiscard]] Result<void> verify(const std::stop_token& stop = {}) const;

  /// A journal of more than `above` bytes is put aside as releases.log.1, and another takes its
  /// place that holds what is still worth knowing. Returns whether it was: not where
  /// that would not make it much shorter. On an error it stays as it is.
  [[nodiscard]] Result<bool> compact(std::uint64_t above = longest_journal);
  static constexpr std::uint64_t longest_journal = std::uint64_t{2} << 20;

 private:
  int releases_;
  const base::Clock& clock_;
};

}  // namespace ops::release
