#pragma once

#include <string>
#include <string_view>

#include "deploy/refused.hpp"
#include "ops/result.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// The release that `to` (an id, "previous", "image", or "@{2}": the second one before what serves,
/// in the order of the journal) means, when it may be switched back to:
/// it is there, was healthy, and does not serve already.
[[nodiscard]] Result<std::string, Refused> rollback_target(const release::ReleaseStore& store,
                                                           std::string_view to);

}  // namespace ops::deploy
