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

bool moves_current(EventKind event) {
  return event == EventKind::image || event == EventKind::switched ||
         event == EventKind::rolled_back || event == EventKind::reverted;
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

class RecordFold {
 public:
  explicit RecordFold(std::string_view deploy) { record_.status.deploy = deploy; }

  void add(const JournalEntry& entry);
  [[nodiscard]] std::optional<DeployRecord> result() const {
    return known_ ? std::optional(record_) : std::nullopt;
  }

 private:
  void take(const JournalEntry& entry);
  void take_switch(const JournalEntry& entry);
  void take_healthy(const JournalEntry& entry);
  void take_over(const JournalEntry& entry);
  void end(DeployState state, DeployError error = {});

  DeployRecord record_;
  bool known_ = false;
  std::chrono::system_clock::time_point switched_at_ = {};
};

void RecordFold::add(const JournalEntry& entry) {
  if (entry.deploy != record_.status.deploy) return take_over(entry);
  DeployStatus& status = record_.status;
  if (!known_) status.started_at = entry.time - spent(entry);
  known_ = true;
  for (const auto& [phase, milliseconds] : entry.timings) status.timings[phase] = milliseconds;
  if (!entry.source.empty()) status.source = entry.source;
  take(entry);
}

void RecordFold::take(const JournalEntry& entry) {
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
    case EventKind::login_failed:
      return;
  }
}

// The image is never judged, so a rollback to it ends here.
void RecordFold::take_switch(const JournalEntry& entry) {
  record_.status.release = entry.release;
  record_.status.state = DeployState::starting;
  record_.switched = true;
  switched_at_ = entry.time;
  if (entry.release == release::image_id) end(DeployState::running);
}

void RecordFold::take_healthy(const JournalEntry& entry) {
  if (record_.status.state != DeployState::starting) return;
  const auto starting =
      std::chrono::duration_cast<std::chrono::milliseconds>(entry.time - switched_at_);
  record_.status.timings["starting"] = std::max<long long>(0, starting.count());
  end(DeployState::running);
}

// A newer image, or somebody who pointed `current` elsewhere before this one was judged.
void RecordFold::take_over(const JournalEntry& entry) {
  if (!known_ || record_.status.state != DeployState::starting) return;
  if (!moves_current(entry.event)) return;
  end(DeployState::rolled_back,
      {"superseded", entry.release + " took over before it was found healthy"});
}

void RecordFold::end(DeployState state, DeployError error) {
  DeployStatus& status = record_.status;
  const bool went_on = status.state != DeployState::queued && !is_end(status.state);
  if (went_on) record_.before_end = status.state;
  status.state = state;
  status.error = std::move(error);
}

}  // namespace

std::optional<DeployRecord> find_deploy(const std::vector<JournalEntry>& entries,
                                        std::string_view deploy) {
  if (deploy.empty()) return std::nullopt;
  RecordFold fold(deploy);
  for (const JournalEntry& entry : entries) fold.add(entry);
  return fold.result();
}

std::vector<DeployStatus> unended_deploys(const std::vector<JournalEntry>& entries) {
  std::vector<std::string_view> open;
  for (const JournalEntry& entry : entries) {
    if (entry.deploy.empty()) continue;
    const bool goes_on = entry.event == EventKind::received || entry.event == EventKind::built ||
                         entry.event == EventKind::published;
    if (entry.event == EventKind::received) open.push_back(entry.deploy);
    if (!goes_on) std::erase(open, entry.deploy);
  }
  std::vector<DeployStatus> found;
  for (const std::string_view deploy : open) {
    if (auto record = find_deploy(entries, deploy)) found.push_back(std::move(record->status));
  }
  return found;
}

}  // namespace ops::deploy
