#pragma once

#include <cstdint>

#include "deploy/deploy_settings.hpp"
#include "deploy/refused.hpp"
#include "ops/result.hpp"

namespace ops::deploy {

/// What a process without privileges may still write to a file system, and how much of that must
/// be left when a deploy has taken what it needs.
struct DiskSpace {
  std::uint64_t free;
  std::uint64_t left_free;
};

/// Of the file system of `fd`. One that tells nothing has none.
[[nodiscard]] DiskSpace space_of(int fd, const DeploySettings& settings);

/// Refuses what there is no room for, in time: what fills the disk in the middle of a deploy is in
/// the way of whatever else writes there.
[[nodiscard]] Result<void, Refused> check_space(DiskSpace space, std::uint64_t bytes);

}  // namespace ops::deploy
