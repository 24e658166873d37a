#include "release/trial.hpp"

#include <algorithm>
#include <utility>

namespace ops::release {
namespace {

constexpr std::size_t default_keep = 2;

// How many healthy releases stay was said by the line that switched to this one last.
std::size_t keep_of(const std::vector<JournalEntry>& entries, std::string_view id) {
  const auto line = std::find_if(entries.rbegin(), entries.rend(), [id](const JournalEntry& entry) {
    return entry.release == id && entry.keep.has_value();
  });
  return line == entries.rend() ? default_keep : *line->keep;
}

std::string last_healthy(const ReleaseStore& store, const History& past, std::string_view but) {
  const auto& order = past.healthy_order();
  const auto newest = std::find_if(
      order.rbegin(), order.rend(),
      [&store, but](const std::string& healthy) { return healthy != but && store.has(healthy); });
  return newest == order.rend() ? std::string(image_id) : *newest;
}

// For a journal that cannot be read: `previous` is the last healthy release, too.
std::string linked_before(const ReleaseStore& store) {
  const std::string linked = store.previous().value_or(std::string(image_id));
  return store.has(linked) ? linked : std::string(image_id);
}

}  // namespace

TrialNeed trial_need(const History& history, std::string_view current) {
  switch (history.standing(current)) {
    case Standing::healthy:
      return history.awaits_readiness(current) ? TrialNeed::on_trial : TrialNeed::none;
    case Standing::trial:
      return TrialNeed::on_trial;
    case Standing::failed:
      return TrialNeed::revert;
  }
  return TrialNeed::on_trial;
}

Result<void> pass_trial(ReleaseStore& store, const ReleaseLock& held, std::string_view id) {
  if (id == image_id) return {};
  const auto before = store.history();
  if (!before) return before.error();
  JournalEntry entry;
  entry.event = EventKind::healthy;
  entry.release = id;
  entry.deploy = before->deploy_of(id);
  if (auto noted = store.journal().append(std::move(entry)); !noted) return noted;

  const auto entries = store.journal().read();
  if (!entries) return entries.error();
  const auto current = store.current();
  if (!current) return current.error();
  const auto gone =
      to_remove(History(*entries), *current, store.previous().value_or(""), keep_of(*entries, id));
  for (const std::string& old : gone) {
    if (!store.has(old)) continue;
    if (auto removed = store.remove(held, old); !removed) return removed;
  }
  return {};
}

Result<std::string> fail_trial(ReleaseStore& store, const ReleaseLock& held, std::string_view id,
                               std::string_view reason) {
  const auto past = store.history();
  JournalEntry failed;
  failed.event = EventKind::failed;
  failed.release = id;
  failed.deploy = past ? past->deploy_of(id) : "";
  failed.reason = reason;
  failed.code = not_ready_code;
  JournalEntry reverted = failed;
  reverted.event = EventKind::reverted;
  std::string target = past ? last_healthy(store, *past, id) : linked_before(store);
  // Whether or not the journal takes them: which release serves matters more.
  static_cast<void>(store.journal().append(std::move(failed)));
  if (auto back = store.retreat_to(held, target, std::move(reverted)); !back) return back.error();
  return target;
}

}  // namespace ops::release
