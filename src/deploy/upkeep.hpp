#pragma once

#include <stop_token>
#include <string>

#include "base/log.hpp"
#include "deploy/background_work.hpp"
#include "loop/loop.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// What nobody waits for, done in the background and without the lock: the files of releases that
/// were removed and of deploys that were given up go, and at the start the journal is checked and
/// made short where it has become long.
class Upkeep {
 public:
  /// All must outlive it.
  Upkeep(loop::Loop& loop, release::ReleaseStore& store, base::Log& log);

  /// There may be something to do.
  void look();

 private:
  [[nodiscard]] Result<void> look_after_journal(const std::stop_token& stop) const;
  void done(const Result<void>& outcome);

  release::ReleaseStore& store_;
  base::Log& log_;
  bool busy_ = true;
  bool again_ = true;
  std::string told_;
  BackgroundWork background_;  // last: see there
};

}  // namespace ops::deploy
