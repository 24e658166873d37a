#include "release/history.hpp"

#include <algorithm>
#include <utility>

namespace ops::release {
namespace {

// Folds one line after the other; the History takes the result.
class Fold {
 public:
  explicit Fold(std::vector<ReleaseRecord>& releases, std::vector<std::string>& healthy_order,
                std::vector<std::pair<std::string, std::string>>& deploys, std::string& awaiting)
      : releases_(releases),
        healthy_order_(healthy_order),
        deploys_(deploys),
        awaiting_(awaiting) {}

  void add(const JournalEntry& entry);

 private:
  ReleaseRecord& record(const JournalEntry& entry);
  void publish(const JournalEntry& entry);
  void switch_to(const JournalEntry& entry);
  void judge(const JournalEntry& entry, Standing standing);
  void remove(const JournalEntry& entry);
  void take_turn(const ReleaseRecord& release);
  void leave_order(const std::string& id);

  std::vector<ReleaseRecord>& releases_;
  std::vector<std::string>& healthy_order_;
  std::vector<std::pair<std::string, std::string>>& deploys_;
  std::string& awaiting_;
};

void Fold::add(const JournalEntry& entry) {
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
    case EventKind::login_failed:
      return;
  }
}

ReleaseRecord& Fold::record(const JournalEntry& entry) {
  for (ReleaseRecord& known : releases_) {
    if (known.id == entry.release) return known;
  }
  releases_.push_back({entry.release, entry.hash, entry.source, entry.time});
  if (entry.release == image_id) releases_.back().standing = Standing::healthy;
  return releases_.back();
}

// Content that was removed and comes back has to prove itself again; that it failed is remembered.
void Fold::publish(const JournalEntry& entry) {
  if (entry.release.empty()) return;
  ReleaseRecord& release = record(entry);
  release.hash = entry.hash;
  release.source = entry.source;
  if (!std::exchange(release.removed, false)) return;
  release.created = entry.time;
  if (release.standing == Standing::healthy) release.standing = Standing::trial;
}

void Fold::switch_to(const JournalEntry& entry) {
  if (entry.release.empty()) return;
  ReleaseRecord& release = record(entry);
  if (entry.event == EventKind::image) release.hash = entry.hash;
  if (entry.forced && release.standing == Standing::failed) release.standing = Standing::trial;
  if (release.standing == Standing::healthy) take_turn(release);
  awaiting_.clear();
  if (entry.event != EventKind::switched && entry.event != EventKind::rolled_back) return;
  if (entry.release != image_id) awaiting_ = entry.release;
  std::erase_if(deploys_, [&entry](const auto& known) { return known.first == entry.release; });
  deploys_.emplace_back(entry.release, entry.deploy);
}

void Fold::judge(const JournalEntry& entry, Standing standing) {
  if (entry.release.empty() || entry.release == image_id) return;
  ReleaseRecord& release = record(entry);
  release.standing = standing;
  if (awaiting_ == entry.release) awaiting_.clear();
  if (standing == Standing::healthy) return take_turn(release);
  leave_order(entry.release);
}

void Fold::remove(const JournalEntry& entry) {
  if (entry.release.empty() || entry.release == image_id) return;
  record(entry).removed = true;
  leave_order(entry.release);
}

void Fold::take_turn(const ReleaseRecord& release) {
  leave_order(release.id);
  if (!release.removed) healthy_order_.push_back(release.id);
}

void Fold::leave_order(const std::string& id) { std::erase(healthy_order_, id); }

}  // namespace

History::History(const std::vector<JournalEntry>& entries) {
  Fold fold(releases_, healthy_order_, deploys_, awaiting_);
  for (const JournalEntry& entry : entries) fold.add(entry);
}

const ReleaseRecord* History::find(std::string_view id) const {
  const auto found = std::find_if(releases_.begin(), releases_.end(),
                                  [id](const ReleaseRecord& known) { return known.id == id; });
  return found == releases_.end() ? nullptr : &*found;
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
  const auto found = std::find_if(deploys_.begin(), deploys_.end(),
                                  [id](const auto& known) { return known.first == id; });
  return found == deploys_.end() ? std::string() : found->second;
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
    const bool in_use = release.id == current || release.id == previous || release.id == image_id;
    const bool kept = std::find(healthy.begin(), healthy.end(), release.id) != healthy.end();
    if (!release.removed && !in_use && !kept && release.standing != Standing::trial) {
      gone.push_back(release.id);
    }
  }
  return gone;
}

}  // namespace ops::release
