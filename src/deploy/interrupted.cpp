#include "deploy/interrupted.hpp"

#include <utility>

#include "release/trial.hpp"

namespace ops::deploy {
namespace {

bool lost_switch(const release::ReleaseStore& store) {
  const auto history = store.history();
  const auto current = store.current();
  return history && current && !history->awaiting().empty() && history->awaiting() != *current;
}

}  // namespace

bool has_remains(const release::ReleaseStore& store, const DeployRecords& deploys) {
  return store.has_staged() || !deploys.unended().empty() || lost_switch(store);
}

Result<void> clear_remains(release::ReleaseStore& store, const DeployRecords& deploys,
                           const release::ReleaseLock& held) {
  if (auto buried = store.bury_staged(held); !buried) return buried;
  if (const auto noted = store.note_lost_switch(held); !noted) return noted.error();
  for (const DeployStatus& deploy : deploys.unended()) {
    release::JournalEntry entry;
    entry.event = release::EventKind::failed;
    entry.deploy = deploy.deploy;
    entry.code = "interrupted";
    entry.reason = "interrupted: the app ended before the deploy was done";
    if (auto noted = store.journal().append(std::move(entry)); !noted) return noted;
    // Published, but never switched to: nobody would ever remove it.
    if (deploy.release.empty()) continue;
    if (auto gone = release::withdraw(store, held, deploy.release); !gone) return gone;
  }
  return {};
}

}  // namespace ops::deploy
