#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "deploy/deploy_event.hpp"
#include "deploy/deploy_settings.hpp"
#include "deploy/deploy_state.hpp"
#include "deploy/refused.hpp"
#include "deploy/upload.hpp"
#include "loop/loop.hpp"
#include "ops/result.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// Receives, checks, unpacks, builds, publishes and switches: one deploy at a time, as a state
/// machine whose every step is in the journal. File work runs in the background; everything here is
/// called, and calls back, on the loop's thread.
class Deployer {
 public:
  /// `switched` is called when `current` points to a new release and another process should be
  /// started with it. The lock is held until this one ends (or the Deployer is destroyed), or until
  /// hand_over().
  /// What an earlier process left half done is noted and removed here, unless the lock is held: the
  /// supervisor holds it during a trial, and begin() answers busy until that ends.
  Deployer(loop::Loop& loop, release::ReleaseStore& store, base::Log& log, const base::Clock& clock,
           DeploySettings settings, std::function<void()> switched);
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;
  /// Kills a running build with all it started; waits for file work that is under way.
  ~Deployer();

  /// The deploy with which such a request is answered instead of being begun: the first of the same
  /// idempotency key, or one of the same content that was taken and has not ended. Nothing where
  /// there is none; a refusal where the key stands for something else.
  [[nodiscard]] Result<std::optional<Accepted>, Refused> find_same(const UploadRequest& request);

  /// Takes the lock, before a byte of the body is read.
  [[nodiscard]] Result<std::unique_ptr<Upload>, Refused> begin(UploadRequest request);

  /// Switches to a release that was healthy. Answered once it is switched.
  void roll_back(RollbackRequest request, Upload::Answer answer);

  /// Ends a deploy that has not switched yet, with all that its build has started; its status tells
  /// when that is done. Nothing that runs has changed.
  [[nodiscard]] Result<void, Refused> cancel(std::string_view deploy, std::string_view by);

  /// Once `switched` was called, where the new process is started beside this one: frees the lock
  /// for the supervisor, who judges the release. Until it has, begin() and roll_back() answer busy,
  /// and the deploy is shown without its end.
  void hand_over();

  /// This process is ending: nothing is begun or switched to any more.
  void leave();

  /// Nothing for a deploy that neither the journal nor this process knows.
  [[nodiscard]] std::optional<DeployStatus> status(std::string_view deploy) const;

  /// The deploy that goes on, here or on trial at the supervisor's; nothing where none does.
  [[nodiscard]] std::optional<std::string> running() const;

  /// The events of a deploy after number `after`, from its log and the journal, so they survive the
  /// app's restart. Where as many as `most` have come there may be more.
  [[nodiscard]] std::vector<DeployEvent> events(std::string_view deploy, std::uint64_t after,
                                                std::size_t most = 10'000) const;

  /// Called whenever there may be new events or another state, also when another process (the
  /// supervisor, which judges the trial) has written to the journal. One watcher at a time.
  void on_change(std::function<void()> changed);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ops::deploy
