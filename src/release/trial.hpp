#pragma once

#include <string>
#include <string_view>

#include "ops/result.hpp"
#include "release/release_store.hpp"

namespace ops::release {

/// What the supervisor should do with the release that `current` points to.
enum class TrialNeed {
  none,      // healthy since it was switched to (or the image): its exit status is handed on
  on_trial,  // never healthy, or somebody switched back to it: it must prove itself
  revert,    // failed before and not deployed again by force: it must not be started
};

[[nodiscard]] TrialNeed trial_need(const History& history, std::string_view current);

/// The trial was passed: notes it and removes what retention lets go. How many stay was said by the
/// line that switched to it (`keep`; two where it says nothing). Their trees are left to sweep().
/// An error may mean that it is noted but that an old release could not be removed.
[[nodiscard]] Result<void> pass_trial(ReleaseStore& store, const ReleaseLock& held,
                                      std::string_view id);

/// The `code` of a line that says that a release failed its trial, however it did.
inline constexpr std::string_view not_ready_code = "not-ready";

/// A release that was published, or was about to be, but never switched to: removes it, or notes
/// that it never came to be. One that was judged before stays.
[[nodiscard]] Result<void> withdraw(ReleaseStore& store, const ReleaseLock& held,
                                    std::string_view id);

/// The trial failed: notes `reason`, points `current` back to the last healthy release and returns
/// its id. A journal that cannot be written or read does not keep it from going back.
[[nodiscard]] Result<std::string> fail_trial(ReleaseStore& store, const ReleaseLock& held,
                                             std::string_view id, std::string_view reason);

}  // namespace ops::release
