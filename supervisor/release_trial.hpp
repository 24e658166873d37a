#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "ops/result.hpp"
#include "ops/supervisor/app_spec.hpp"
#include "ops/supervisor/supervisor.hpp"
#include "release/release_store.hpp"
#include "release/trial.hpp"
#include "supervisor/app_machine.hpp"

namespace ops::supervisor {

/// Which release comes next, and what becomes of one that is on trial. While one is, the lock of
/// the releases directory is held: nothing may be deployed over a release that has not yet proved
/// itself.
class ReleaseTrial {
 public:
  /// The release to start.
  struct Turn {
    std::string release;
    std::string directory;  // its real path
    Trial trial = Trial::none;
  };

  /// `clock` must outlive the trial.
  ReleaseTrial(ReleasesSpec spec, const base::Clock& clock, Supervisor::Observer observer);

  /// What `current` points to; a release that has failed before is gone back from first. Nothing
  /// while somebody else holds the lock that this needs: to be asked again a moment later. Sets up
  /// the directory the first time; an error where that cannot be done.
  [[nodiscard]] Result<std::optional<Turn>> next();

  /// The release on trial has proved itself, or has failed: then the one before is current again,
  /// and next() gives that, even where the disk takes no change.
  void pass();
  /// `output` is what the app printed last; it goes into the journal with the reason.
  void fail(const std::string& reason, const std::vector<std::string>& output = {});

  /// What `current` points to, where that can be told.
  [[nodiscard]] std::optional<std::string> current() const;
  /// The real path of the releases directory, once next() has given a turn.
  [[nodiscard]] const std::string& path() const { return store_->path(); }

 private:
  // What `current` points to.
  struct Found {
    std::string release;
    std::string deploy = {};  // that switched to it last
    release::TrialNeed need = release::TrialNeed::none;
  };

  // A release that was gone back from where the link could not be changed. It stands until the link
  // can be, or somebody deploys.
  struct Retreat {
    std::string from;
    std::string to;
    std::string deploy = {};  // that switched to `from` last
  };

  [[nodiscard]] Result<std::optional<Turn>> find_turn();
  [[nodiscard]] Result<bool> ensure_store();
  [[nodiscard]] bool is_usable() const;
  [[nodiscard]] Result<bool> ensure_lock();
  [[nodiscard]] Result<std::optional<Turn>> turn(const std::string& release, Trial trial);
  [[nodiscard]] Result<Found> look_at_current();
  [[nodiscard]] Result<std::optional<Turn>> begin_trial(const Found& found);
  // Gives the release that it went back to.
  std::string go_back_from(const std::string& release, const std::string& reason,
                           const std::vector<std::string>& output = {});
  std::string retreat_again();
  [[nodiscard]] Retreat retreat_from(const std::string& release) const;
  void warn(const Error& error);

  ReleasesSpec spec_;
  const base::Clock& clock_;
  Supervisor::Observer observer_;
  std::optional<release::ReleaseStore> store_;
  std::optional<release::ReleaseLock> lock_;
  std::string on_trial_;  // empty where none is
  std::optional<Retreat> retreat_;
  bool said_that_it_waits_ = false;
};

}  // namespace ops::supervisor
