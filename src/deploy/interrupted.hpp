#pragma once

#include "deploy/deploy_record.hpp"
#include "ops/result.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// Whether a deploy was cut off by the end of its process, as far as can be seen without the lock.
[[nodiscard]] bool has_remains(const release::ReleaseStore& store, const DeployRecords& deploys);

/// Notes that deploys which are still open in the journal were interrupted, so that whoever follows
/// them learns of their end, and takes away what they left. Takes no time: the files are left to
/// ReleaseStore::sweep().
[[nodiscard]] Result<void> clear_remains(release::ReleaseStore& store, const DeployRecords& deploys,
                                         const release::ReleaseLock& held);

}  // namespace ops::deploy
