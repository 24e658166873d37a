#include "deploy/interrupted.hpp"

#include <filesystem>
#include <string>
#include <utility>

#include "deploy/deploy_record.hpp"

namespace ops::deploy {
namespace {

// Published, but never switched to: nobody would ever remove it.
Result<void> remove_orphan(release::ReleaseStore& store, const release::ReleaseLock& held,
                           const std::string& id) {
  const auto history = store.history();
  if (!history) return history.error();
  const bool orphan = store.has(id) && history->standing(id) == release::Standing::trial;
  const auto current = store.current();
  if (!orphan || !current || *current == id) return {};
  return store.remove(held, id);
}

bool lost_switch(const release::ReleaseStore& store,
                 const std::vector<release::JournalEntry>& entries) {
  const auto current = store.current();
  const release::History history(entries);
  const auto& releases = history.releases();
  if (!current) return false;
  for (const release::ReleaseRecord& record : releases) {
    if (record.id != *current && history.awaits_readiness(record.id)) return true;
  }
  return false;
}

}  // namespace

bool has_remains(const release::ReleaseStore& store) {
  std::error_code trouble;
  if (!std::filesystem::is_empty(store.path() + "/staging", trouble) && !trouble) return true;
  const auto entries = store.journal().read();
  return entries && (!unended_deploys(*entries).empty() || lost_switch(store, *entries));
}

Result<void> clear_remains(release::ReleaseStore& store, const release::ReleaseLock& held) {
  if (auto cleaned = store.clean(held); !cleaned) return cleaned;
  if (const auto noted = store.note_lost_switch(held); !noted) return noted.error();
  const auto entries = store.journal().read();
  if (!entries) return entries.error();
  for (const DeployStatus& deploy : unended_deploys(*entries)) {
    release::JournalEntry entry;
    entry.event = release::EventKind::failed;
    entry.deploy = deploy.deploy;
    entry.code = "interrupted";
    entry.reason = "interrupted: the app ended before the deploy was done";
    if (auto noted = store.journal().append(std::move(entry)); !noted) return noted;
    if (auto gone = remove_orphan(store, held, deploy.release); !gone) return gone;
  }
  return {};
}

}  // namespace ops::deploy
