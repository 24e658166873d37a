#pragma once

#include <vector>

#include "release/journal.hpp"

namespace ops::release {

/// Of all lines those that are still worth knowing, in their order: the newest deploys with all
/// that was noted of them, what says how each release stands that is there or has failed, and the
/// newest failed sign-ins. The History of these lines answers as that of all.
[[nodiscard]] std::vector<JournalEntry> worth_keeping(const std::vector<JournalEntry>& entries);

}  // namespace ops::release
