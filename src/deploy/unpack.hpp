#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "deploy/deploy_settings.hpp"
#include "deploy/refused.hpp"
#include "ops/result.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// What an archive became.
struct Unpacked {
  std::string staging;  // its name there
  release::Manifest sources;
};

/// Scans the zip in `archive` and unpacks it into a new staging directory. A refusal leaves
/// nothing behind; what is stopped leaves what it has unpacked. Blocks.
[[nodiscard]] Result<Unpacked, Refused> unpack(release::ReleaseStore& store,
                                               const release::ReleaseLock& held, int archive,
                                               const DeploySettings& settings,
                                               const std::stop_token& stop = {});

/// Nothing where a file of that path does not lie in a path that all releases share.
[[nodiscard]] std::optional<Refused> refuse_shared(std::string_view path,
                                                   const DeploySettings& settings);

}  // namespace ops::deploy
