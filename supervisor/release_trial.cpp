#include "supervisor/release_trial.hpp"

#include <cassert>
#include <utility>

namespace ops::supervisor {
namespace {

constexpr std::string_view failed_before =
    "it failed its trial before; deploy it with force to try it again";

std::string with_output(std::string reason, const std::vector<std::string>& output) {
  if (!output.empty()) reason += "; the last that it printed:";
  for (const std::string& line : output) reason.append("\n").append(line);
  return reason;
}

}  // namespace

ReleaseTrial::ReleaseTrial(ReleasesSpec spec, const base::Clock& clock,
                           Supervisor::Observer observer)
    : spec_(std::move(spec)), clock_(clock), observer_(std::move(observer)) {}

std::optional<std::string> ReleaseTrial::current() const {
  if (!store_) return std::nullopt;
  auto current = store_->current();
  return current ? std::optional(std::move(*current)) : std::nullopt;
}

Result<std::optional<ReleaseTrial::Turn>> ReleaseTrial::next() {
  auto turn = find_turn();
  if (!turn) {
    // Nothing is tried for now, and whoever deploys may be the one who mends it.
    on_trial_.clear();
    lock_.reset();
  }
  return turn;
}

Result<std::optional<ReleaseTrial::Turn>> ReleaseTrial::find_turn() {
  const auto ready = ensure_store();
  if (!ready) return ready.error();
  if (!*ready) return std::optional<Turn>();
  auto found = look_at_current();
  if (found && found->need != release::TrialNeed::none && !lock_) {
    const auto locked = ensure_lock();
    // Where the disk takes nothing at all, what is to serve is known all the same.
    if (!locked && retreat_) return turn(retreat_->to, Trial::none);
    if (!locked) return locked.error();
    if (!*locked) return std::optional<Turn>();
    found = look_at_current();  // the last holder may have changed it
  }
  if (!found) return found.error();
  if (found->need == release::TrialNeed::on_trial) return begin_trial(*found);
  std::string release = found->release;
  if (found->need == release::TrialNeed::revert) {
    release = retreat_ ? retreat_again() : go_back_from(release, std::string(failed_before));
  }
  on_trial_.clear();
  lock_.reset();
  return turn(release, Trial::none);
}

Result<ReleaseTrial::Found> ReleaseTrial::look_at_current() {
  auto current = store_->current();
  if (!current) return std::move(current).error();
  Found found{.release = std::move(*current)};
  const auto history = store_->history();
  if (history) {
    found.deploy = history->deploy_of(found.release);
    found.need = release::trial_need(*history, found.release);
  } else {
    // Which releases are healthy cannot be told: serving what is current beats serving nothing.
    warn(history.error());
  }
  // Somebody has deployed since: what was gone back from is to be judged anew.
  if (retreat_ &&
      (retreat_->from != found.release || (history && retreat_->deploy != found.deploy)))
    retreat_.reset();
  if (retreat_) found.need = release::TrialNeed::revert;
  return found;
}

// Also where `current` has been lost or points to nothing: setting up mends it.
Result<bool> ReleaseTrial::ensure_store() {
  if (store_ && is_usable()) return true;
  lock_.reset();
  auto opened =
      release::ReleaseStore::set_up(spec_.directory, spec_.image, spec_.image_name, clock_);
  if (opened) {
    store_.emplace(std::move(*opened));
    for (const std::string& repair : store_->repaired()) observer_(Warning{repair});
    return true;
  }
  if (opened.error().reason != std::errc::resource_unavailable_try_again) return opened.error();
  if (!std::exchange(said_that_it_waits_, true)) observer_(Warning{opened.error().message});
  return false;
}

bool ReleaseTrial::is_usable() const {
  const auto current = store_->current();
  return current && store_->has(*current);
}

Result<bool> ReleaseTrial::ensure_lock() {
  if (lock_) return true;
  auto taken = store_->try_lock();
  if (!taken) return std::move(taken).error();
  if (*taken) {
    lock_.emplace(std::move(**taken));
    said_that_it_waits_ = false;
    return true;
  }
  if (!std::exchange(said_that_it_waits_, true)) {
    const auto holder = store_->lock_holder().value_or(release::LockHolder{});
    observer_(AwaitingLock{holder.deploy, holder.phase});
  }
  return false;
}

Result<std::optional<ReleaseTrial::Turn>> ReleaseTrial::turn(const std::string& release,
                                                             Trial trial) {
  auto directory = store_->tree_path(release);
  if (!directory) return std::move(directory).error();
  return std::optional<Turn>(Turn{release, std::move(*directory), trial});
}

Result<std::optional<ReleaseTrial::Turn>> ReleaseTrial::begin_trial(const Found& found) {
  const bool again = on_trial_ == found.release;
  on_trial_ = found.release;
  if (auto said = lock_->describe(found.deploy, "starting"); !said) warn(said.error());
  if (!again) observer_(TrialStarted{found.release});
  return turn(found.release, again ? Trial::again : Trial::first);
}

void ReleaseTrial::pass() {
  assert(lock_ && "no release is on trial");
  if (auto passed = release::pass_trial(*store_, *lock_, on_trial_); !passed) warn(passed.error());
  observer_(TrialPassed{on_trial_});
  on_trial_.clear();
  lock_.reset();
}

void ReleaseTrial::fail(const std::string& reason, const std::vector<std::string>& output) {
  assert(lock_ && "no release is on trial");
  go_back_from(std::exchange(on_trial_, {}), reason, output);
  lock_.reset();
}

std::string ReleaseTrial::go_back_from(const std::string& release, const std::string& reason,
                                       const std::vector<std::string>& output) {
  const auto back = release::fail_trial(*store_, *lock_, release, with_output(reason, output));
  on_trial_.clear();
  if (!back) {
    warn(back.error());
    retreat_ = retreat_from(release);
  }
  std::string to = back ? *back : retreat_->to;
  observer_(TrialFailed{release, reason, to});
  return to;
}

// All has been noted and told but the link is where it was.
std::string ReleaseTrial::retreat_again() {
  std::string to = retreat_->to;
  if (auto pointed = store_->point_back(*lock_, to); !pointed) {
    warn(pointed.error());
  } else {
    retreat_.reset();
  }
  return to;
}

ReleaseTrial::Retreat ReleaseTrial::retreat_from(const std::string& release) const {
  Retreat retreat{.from = release, .to = std::string(release::image_id)};
  if (const auto history = store_->history()) retreat.deploy = history->deploy_of(release);
  if (const auto previous = store_->previous(); previous && store_->has(*previous)) {
    retreat.to = *previous;
  }
  return retreat;
}

void ReleaseTrial::warn(const Error& error) { observer_(Warning{error.message}); }

}  // namespace ops::supervisor
