#include "release/journal_compaction.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "release/history.hpp"

namespace ops::release {
namespace {

constexpr std::size_t kept_deploys = 200;
constexpr std::size_t kept_failures = 500;
constexpr std::size_t kept_sign_ins = 500;

bool moves_current(const JournalEntry& entry) {
  return entry.event == EventKind::image || entry.event == EventKind::switched ||
         entry.event == EventKind::rolled_back || entry.event == EventKind::reverted;
}

// Marks one line after the other as worth keeping.
class Choice {
 public:
  explicit Choice(const std::vector<JournalEntry>& entries)
      : entries_(entries), chosen_(entries.size(), false) {}

  void take_newest_deploys();
  void take_newest_sign_ins();
  void take_last_switch();
  void take_releases();
  void take_returns();
  [[nodiscard]] std::vector<JournalEntry> result() const;

 private:
  using Names = std::set<std::string, std::less<>>;
  [[nodiscard]] Names releases_of_interest() const;

  const std::vector<JournalEntry>& entries_;
  std::vector<bool> chosen_;
};

void Choice::take_newest_deploys() {
  Names deploys;
  for (std::size_t n = entries_.size(); n-- > 0;) {
    const std::string& deploy = entries_[n].deploy;
    if (deploy.empty()) continue;
    if (deploys.size() < kept_deploys) deploys.insert(deploy);
    chosen_[n] = deploys.contains(deploy);
  }
}

void Choice::take_newest_sign_ins() {
  std::size_t left = kept_sign_ins;
  for (std::size_t n = entries_.size(); n-- > 0 && left > 0;) {
    if (entries_[n].event != EventKind::login_failed) continue;
    chosen_[n] = true;
    --left;
  }
}

void Choice::take_last_switch() {
  for (std::size_t n = entries_.size(); n-- > 0;) {
    if (!moves_current(entries_[n]) || entries_[n].release.empty()) continue;
    chosen_[n] = true;
    return;
  }
}

// Also those that a chosen line names: without the rest they would seem to be there.
Choice::Names Choice::releases_of_interest() const {
  Names releases;
  const History history(entries_);
  std::size_t failures_left = kept_failures;
  const auto& known = history.releases();
  for (auto release = known.rbegin(); release != known.rend(); ++release) {
    const bool failed = release->standing == Standing::failed && failures_left > 0;
    if (release->removed && !failed) continue;
    if (release->removed) --failures_left;
    releases.insert(release->id);
  }
  for (std::size_t n = 0; n < entries_.size(); ++n) {
    if (chosen_[n]) releases.insert(entries_[n].release);
  }
  return releases;
}

// How a release stands follows from the last line of each kind; since when it is there, from the
// first.
void Choice::take_releases() {
  const Names releases = releases_of_interest();
  using Kind = std::tuple<std::string_view, EventKind, bool>;
  const auto take = [&](std::set<Kind>& seen, std::size_t n) {
    const JournalEntry& entry = entries_[n];
    if (entry.release.empty() || !releases.contains(entry.release)) return;
    if (seen.insert({entry.release, entry.event, entry.forced}).second) chosen_[n] = true;
  };
  std::set<Kind> first;
  for (std::size_t n = 0; n < entries_.size(); ++n) take(first, n);
  std::set<Kind> last;
  for (std::size_t n = entries_.size(); n-- > 0;) take(last, n);
}

// A release that was removed and is there again began anew with the first line that published it.
void Choice::take_returns() {
  std::map<std::string_view, std::size_t> published;
  std::set<std::string_view> seen;
  for (std::size_t n = entries_.size(); n-- > 0;) {
    const JournalEntry& entry = entries_[n];
    if (entry.event == EventKind::published) published[entry.release] = n;
    if (entry.event != EventKind::removed || !seen.insert(entry.release).second) continue;
    const auto again = published.find(entry.release);
    if (chosen_[n] && again != published.end()) chosen_[again->second] = true;
  }
}

std::vector<JournalEntry> Choice::result() const {
  std::vector<JournalEntry> kept;
  for (std::size_t n = 0; n < entries_.size(); ++n) {
    if (chosen_[n]) kept.push_back(entries_[n]);
  }
  return kept;
}

}  // namespace

std::vector<JournalEntry> worth_keeping(const std::vector<JournalEntry>& entries) {
  Choice choice(entries);
  choice.take_newest_deploys();
  choice.take_newest_sign_ins();
  choice.take_last_switch();
  choice.take_releases();
  choice.take_returns();
  return choice.result();
}

}  // namespace ops::release
