#include "supervisor/release_trial.hpp"

#include <cassert>
#include <utility>

#include "release/trial.hpp"

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

Result<std::optional<ReleaseTrial::Turn>> ReleaseTrial::next() {
  // Twice at most: a release that must not be started is gone back from, and then there is another.
  for (;;) {
    const auto ready = ensure_store();
    if (!ready) return ready.error();
    if (!*ready) return std::optional<Turn>();
    const auto current = store_->current();
    if (!current) return current.error();
    if (retreat_ && retreat_->from == *current) {
      lock_.reset();
      return turn(retreat_->to, Trial::none);
    }
    const auto history = store_->history();
    if (!history) {
      // Which releases are healthy cannot be told: serving what is current beats serving nothing.
      warn(history.error());
      return turn(*current, Trial::none);
    }
    const auto need = release::trial_need(*history, *current);
    if (need == release::TrialNeed::none) {
      lock_.reset();
      on_trial_.clear();
      return turn(*current, Trial::none);
    }
    const bool had_lock = lock_.has_value();
    const auto locked = ensure_lock();
    if (!locked) return locked.error();
    if (!*locked) return std::optional<Turn>();
    if (!had_lock) continue;  // what was read before may have been changed by the last holder
    if (need == release::TrialNeed::on_trial) return begin_trial(*history, *current);
    go_back_from(*current, std::string(failed_before));
  }
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

Result<std::optional<ReleaseTrial::Turn>> ReleaseTrial::begin_trial(const release::History& history,
                                                                    const std::string& release) {
  const bool again = on_trial_ == release;
  on_trial_ = release;
  if (auto said = lock_->describe(history.deploy_of(release), "starting"); !said) {
    warn(said.error());
  }
  if (!again) observer_(TrialStarted{release});
  return turn(release, again ? Trial::again : Trial::first);
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

void ReleaseTrial::go_back_from(const std::string& release, const std::string& reason,
                                const std::vector<std::string>& output) {
  auto back = release::fail_trial(*store_, *lock_, release, with_output(reason, output));
  if (!back) {
    warn(back.error());
    retreat_ = Retreat{release, std::string(release::image_id)};
    if (const auto previous = store_->previous(); previous && store_->has(*previous)) {
      retreat_->to = *previous;
    }
  }
  on_trial_.clear();
  observer_(TrialFailed{release, reason, back ? *back : retreat_->to});
}

void ReleaseTrial::warn(const Error& error) { observer_(Warning{error.message}); }

}  // namespace ops::supervisor
