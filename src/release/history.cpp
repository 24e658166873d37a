#include "release/history.hpp"

#include <algorithm>
#include <utility>

namespace ops::release {

History::History(const std::vector<JournalEntry>& entries) {
  for (const JournalEntry& entry : entries) add(entry);
}

void History::add(const JournalEntry& entry) {
  switch (entry.event) {
    case EventKind::image:
    case EventKind::switched:
    case EventKind::reverted:
    case EventKind::rolled_back:
      return switch_to(entry);
    case EventKind::published:
      return publish(entry);
    case EventKind::healthy:
      return judge(entry, Standing::healthy);
    case EventKind::failed:
      return judge(entry, Standing::failed);
    case EventKind::removed:
      return remove(entry);
    case EventKind::received:
    case EventKind::refused:
    case EventKind::built:
    case EventKind::unchanged:
    case EventKind::compacted:
    case EventKind::login_failed:
      return;
  }
}

ReleaseRecord& History::record(const JournalEntry& entry) {
  const auto [place, is_new] = places_.try_emplace(entry.release, releases_.size());
  if (!is_new) return releases_[place->second];
  releases_.push_back({entry.release, entry.hash, entry.source, entry.time});
  if (entry.release == image_id) releases_.back().standing = Standing::healthy;
  return releases_.back();
}

// Content that was removed and comes back has to prove itself again; that it failed is remembered.
void History::publish(const JournalEntry& entry) {
  if (entry.release.empty()) return;
  ReleaseRecord& release = record(entry);
  release.hash = entry.hash;
  release.source = entry.source;
  if (!std::exchange(release.removed, false)) return;
  release.created = entry.time;
  if (release.standing == Standing::healthy) release.standing = Standing::trial;
}

void History::switch_to(const JournalEntry& entry) {
  if (entry.release.empty()) return;
  ReleaseRecord& release = record(entry);
  if (entry.event == EventKind::image) release.hash = entry.hash;
  if (entry.forced && release.standing == Standing::failed) release.standing = Standing::trial;
  if (release.standing == Standing::healthy) take_turn(release);
  awaiting_.clear();
  last_switch_ = LastSwitch{entry.release, entry.deploy};
  if (entry.event != EventKind::switched && entry.event != EventKind::rolled_back) return;
  if (entry.release != image_id) awaiting_ = entry.release;
  release.deploy = entry.deploy;
  if (entry.keep) release.keep = entry.keep;
}

void History::judge(const JournalEntry& entry, Standing standing) {
  if (entry.release.empty() || entry.release == image_id) return;
  ReleaseRecord& release = record(entry);
  release.standing = standing;
  if (awaiting_ == entry.release) awaiting_.clear();
  if (standing == Standing::healthy) return take_turn(release);
  leave_order(entry.release);
}

void History::remove(const JournalEntry& entry) {
  if (entry.release.empty() || entry.release == image_id) return;
  record(entry).removed = true;
  leave_order(entry.release);
}

void History::take_turn(const ReleaseRecord& release) {
  leave_order(release.id);
  if (!release.removed) healthy_order_.push_back(release.id);
}

void History::leave_order(const std::string& id) { std::erase(healthy_order_, id); }

const ReleaseRecord* History::find(std::string_view id) const {
  const auto found = places_.find(std::string(id));
  return found == places_.end() ? nullptr : &releases_[found->second];
}

Standing History::standing(std::string_view id) const {
  if (id == image_id) return Standing::healthy;
  const ReleaseRecord* known = find(id);
  return known == nullptr ? Standing::trial : known->standing;
}

std::string History::healthy_before(std::string_view id) const {
  const auto own = std::find(healthy_order_.begin(), healthy_order_.end(), id);
  return own == healthy_order_.begin() ? std::string(image_id) : *std::prev(own);
}

std::string History::deploy_of(std::string_view id) const {
  const ReleaseRecord* known = find(id);
  return known == nullptr ? std::string() : known->deploy;
}

std::vector<std::string> to_remove(const History& history, std::string_view current,
                                   std::string_view previous, std::size_t keep) {
  std::vector<std::string_view> healthy(history.healthy_order().begin(),
                                        history.healthy_order().end());
  std::erase(healthy, image_id);
  const std::size_t stay = std::min(healthy.size(), std::max<std::size_t>(keep, 2));
  healthy.erase(healthy.begin(), healthy.end() - static_cast<std::ptrdiff_t>(stay));
  std::vector<std::string> gone;
  for (const ReleaseRecord& release : history.releases()) {
    const bool in_use = release.id == current || release.id == previous || release.id == image_id ||
                        history.awaits_readiness(release.id);
    const bool kept = std::find(healthy.begin(), healthy.end(), release.id) != healthy.end();
    if (!release.removed && !in_use && !kept) gone.push_back(release.id);
  }
  return gone;
}

}  // namespace ops::release
