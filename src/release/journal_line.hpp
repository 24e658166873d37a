#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ops/result.hpp"
#include "release/journal.hpp"

namespace ops::release {

/// A line of releases.log is never longer than this, with its line feed.
inline constexpr std::size_t longest_line = std::size_t{64} * 1024;

/// The entry as one JSON object, without a line feed. Texts that would make it too long are cut: a
/// long reason in its middle, since its first words and an app's last output lines matter most.
[[nodiscard]] std::string to_line(const JournalEntry& entry, const std::string& hash_of_previous);

/// What a line tells; nothing for an event of a later version. An error has only the reason in it:
/// the caller knows the line's number.
[[nodiscard]] Result<std::optional<JournalEntry>> from_line(std::string_view line);

/// The `prev` of a line, empty where it has none.
[[nodiscard]] std::string previous_hash(std::string_view line);

}  // namespace ops::release
