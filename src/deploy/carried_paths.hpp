#pragma once

#include <stop_token>
#include <string>

#include "deploy/deploy_settings.hpp"
#include "ops/result.hpp"

namespace ops::deploy {

/// Copies the carried paths of `settings` from the tree at `from` to the staged tree at `to`. What
/// is there already stays: the upload wins. What is missing in `from` is passed over. Returns
/// whether anything was copied. Blocks.
[[nodiscard]] Result<bool> carry_paths(const std::string& from, const std::string& to,
                                       const DeploySettings& settings,
                                       const std::stop_token& stop = {});

/// Puts the links to the shared directories into the staged tree at `to`, and creates those that
/// are missing. Blocks.
[[nodiscard]] Result<void> link_shared(const std::string& to, const DeploySettings& settings);

}  // namespace ops::deploy
