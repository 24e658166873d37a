#include "release/trial.hpp"

#include <algorithm>
#include <utility>

namespace ops::release {
namespace {

constexpr std::size_t default_keep = 2;

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

// Also one that only the journal knows of.
Result<void> take_away(ReleaseStore& store, const ReleaseLock& held, std::string_view id) {
  return store.is_gone(id) ? store.forget(held, id) : store.remove(held, id);
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

  const auto past = store.history();
  if (!past) return past.error();
  const auto current = store.current();
  if (!current) return current.error();
  const ReleaseRecord* passed = past->find(id);
  const std::size_t keep = passed == nullptr ? default_keep : passed->keep.value_or(default_keep);
  const auto gone = to_remove(*past, *current, store.previous().value_or(""), keep);
  for (const std::string& old : gone) {
    if (auto removed = take_away(store, held, old); !removed) return removed;
  }
  return {};
}

Result<void> withdraw(ReleaseStore& store, const ReleaseLock& held, std::string_view id) {
  const auto past = store.history();
  if (!past) return past.error();
  const auto current = store.current();
  if (!current) return current.error();
  const ReleaseRecord* known = past->find(id);
  if (known == nullptr || known->removed || *current == id) return {};
  if (known->standing == Standing::healthy) return {};
  return take_away(store, held, id);
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
