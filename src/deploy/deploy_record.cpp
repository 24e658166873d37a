#include "deploy/deploy_record.hpp"

#include <algorithm>
#include <utility>

#include "deploy/refused.hpp"
#include "release/history.hpp"
#include "release/trial.hpp"

namespace ops::deploy {
namespace {

using release::EventKind;
using release::JournalEntry;
using TimePoint = std::chrono::system_clock::time_point;

bool moves_current(EventKind event) {
  return event == EventKind::image || event == EventKind::switched ||
         event == EventKind::rolled_back || event == EventKind::reverted;
}

// A refused request led to nothing: it may be made again.
bool binds_key(const JournalEntry& entry) {
  return !entry.key.empty() &&
         (entry.event == EventKind::received || entry.event == EventKind::unchanged ||
          entry.event == EventKind::rolled_back);
}

std::chrono::milliseconds spent(const JournalEntry& entry) {
  long long sum = 0;
  for (const auto& [phase, milliseconds] : entry.timings) sum += milliseconds;
  return std::chrono::milliseconds(sum);
}

// A line without a code is of an earlier version.
DeployError error_of(const JournalEntry& entry) {
  if (!entry.code.empty()) return {entry.code, entry.reason};
  const bool of_a_trial = !entry.release.empty();
  return {std::string(of_a_trial ? release::not_ready_code : code(RefusalKind::broken)),
          entry.reason};
}

// One line more of a deploy.
class Progress {
 public:
  Progress(DeployRecord& record, TimePoint& switched_at)
      : record_(record), switched_at_(switched_at) {}

  void take(const JournalEntry& entry);
  void end(DeployState state, DeployError error = {});

 private:
  void take_switch(const JournalEntry& entry);
  void take_healthy(const JournalEntry& entry);

  DeployRecord& record_;
  TimePoint& switched_at_;
};

void Progress::take(const JournalEntry& entry) {
  DeployStatus& status = record_.status;
  switch (entry.event) {
    case EventKind::received:
      status.state = DeployState::extracting;
      return;
    case EventKind::built:
      status.state = DeployState::building;
      return;
    case EventKind::published:
      status.state = DeployState::building;
      status.release = entry.release;
      return;
    case EventKind::switched:
    case EventKind::rolled_back:
      return take_switch(entry);
    case EventKind::healthy:
      return take_healthy(entry);
    case EventKind::refused:
    case EventKind::failed:
      return end(DeployState::failed, error_of(entry));
    case EventKind::reverted:
      return end(DeployState::rolled_back,
                 status.error.message.empty() ? error_of(entry) : status.error);
    case EventKind::unchanged:
      status.release = entry.release;
      return end(DeployState::unchanged);
    case EventKind::image:
    case EventKind::removed:
    case EventKind::compacted:
    case EventKind::login_failed:
      return;
  }
}

// The image is never judged, so a rollback to it ends here.
void Progress::take_switch(const JournalEntry& entry) {
  record_.status.release = entry.release;
  record_.status.state = DeployState::starting;
  record_.switched = true;
  record_.is_rollback = entry.event == EventKind::rolled_back;
  switched_at_ = entry.time;
  if (entry.release == release::image_id) end(DeployState::running);
}

void Progress::take_healthy(const JournalEntry& entry) {
  if (record_.status.state != DeployState::starting) return;
  const auto starting =
      std::chrono::duration_cast<std::chrono::milliseconds>(entry.time - switched_at_);
  record_.status.timings["starting"] = std::max<long long>(0, starting.count());
  end(DeployState::running);
}

void Progress::end(DeployState state, DeployError error) {
  DeployStatus& status = record_.status;
  const bool went_on = status.state != DeployState::queued && !is_end(status.state);
  if (went_on) record_.before_end = status.state;
  status.state = state;
  status.error = std::move(error);
}

}  // namespace

std::string user_of(std::string_view by) { return std::string(by.substr(0, by.rfind('@'))); }

DeployRecords::DeployRecords(const std::vector<JournalEntry>& entries) {
  for (const JournalEntry& entry : entries) add(entry);
}

void DeployRecords::add(const JournalEntry& entry) {
  of_last_line_ = entry.deploy;
  if (moves_current(entry.event)) take_over(entry);
  if (entry.deploy.empty()) return;
  note_whether_open(entry);
  Known& deploy = known(entry);
  DeployStatus& status = deploy.record.status;
  for (const auto& [phase, milliseconds] : entry.timings) status.timings[phase] = milliseconds;
  if (!entry.source.empty()) status.source = entry.source;
  if (!entry.archive.empty()) deploy.record.archive = entry.archive;
  if (binds_key(entry)) by_key_[{user_of(entry.by), entry.key}] = entry.deploy;
  Progress(deploy.record, deploy.switched_at).take(entry);
  std::erase(starting_, entry.deploy);
  if (status.state == DeployState::starting) starting_.push_back(entry.deploy);
}

DeployRecords::Known& DeployRecords::known(const JournalEntry& entry) {
  const auto [place, is_new] = deploys_.try_emplace(entry.deploy);
  if (is_new) {
    DeployStatus& status = place->second.record.status;
    status.deploy = entry.deploy;
    status.started_at = entry.time - spent(entry);
  }
  return place->second;
}

void DeployRecords::note_whether_open(const JournalEntry& entry) {
  const bool goes_on = entry.event == EventKind::received || entry.event == EventKind::built ||
                       entry.event == EventKind::published;
  if (entry.event == EventKind::received) open_.push_back(entry.deploy);
  if (!goes_on) std::erase(open_, entry.deploy);
}

// A newer image, or somebody who pointed `current` elsewhere before this one was judged.
void DeployRecords::take_over(const JournalEntry& entry) {
  for (const std::string& deploy : starting_) {
    if (deploy == entry.deploy) continue;
    Known& overtaken = deploys_.at(deploy);
    Progress(overtaken.record, overtaken.switched_at)
        .end(DeployState::rolled_back,
             {"superseded", entry.release + " took over before it was found healthy"});
  }
  std::erase_if(starting_, [&entry](const std::string& deploy) { return deploy != entry.deploy; });
}

std::optional<DeployRecord> DeployRecords::find(std::string_view deploy) const {
  const auto found = deploys_.find(std::string(deploy));
  return found == deploys_.end() ? std::nullopt : std::optional(found->second.record);
}

std::optional<DeployRecord> DeployRecords::find_by_key(std::string_view by, std::string_view key,
                                                       TimePoint since) const {
  const auto found = by_key_.find({user_of(by), std::string(key)});
  if (key.empty() || found == by_key_.end()) return std::nullopt;
  auto record = find(found->second);
  return record->status.started_at < since ? std::nullopt : std::move(record);
}

std::optional<std::string> DeployRecords::on_trial() const {
  return starting_.empty() ? std::nullopt : std::optional(starting_.back());
}

std::vector<DeployStatus> DeployRecords::unended() const {
  std::vector<DeployStatus> found;
  for (const std::string& deploy : open_) found.push_back(deploys_.at(deploy).record.status);
  return found;
}

}  // namespace ops::deploy
