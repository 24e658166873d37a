#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "deploy/background_work.hpp"
#include "deploy/build_command.hpp"
#include "deploy/deploy_machine.hpp"
#include "deploy/deploy_state.hpp"
#include "deploy/deploy_work.hpp"
#include "deploy/gather.hpp"
#include "deploy/received_archive.hpp"
#include "deploy/upload.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// The effects of one deploy: what deploy_machine decides is done here, file work in the
/// background, and its outcome handed back to the machine. It owns the lock until it has ended; a
/// deploy that has switched keeps it until it is destroyed or hands it over.
class RunningDeploy : public std::enable_shared_from_this<RunningDeploy> {
 public:
  /// All must outlive the deploy.
  struct Surroundings {
    loop::Loop& loop;
    release::ReleaseStore& store;
    base::Log& log;
    const base::Clock& clock;
    const DeploySettings& settings;
  };
  struct Events {
    std::function<void()> on_change;
    std::function<void()> on_switched;
    /// It did not come to a switch. The lock is free; the deploy may be destroyed in here.
    std::function<void()> on_end;
  };

  /// Without an archive it begins with an offer.
  RunningDeploy(const Surroundings& around, std::string id, UploadRequest request,
                release::ReleaseLock lock, std::optional<ReceivedArchive> archive, Events events);
  RunningDeploy(const RunningDeploy&) = delete;
  RunningDeploy& operator=(const RunningDeploy&) = delete;
  ~RunningDeploy() = default;

  [[nodiscard]] const std::string& id() const { return status_.deploy; }
  [[nodiscard]] const DeployStatus& status() const { return status_; }
  [[nodiscard]] bool has_switched() const { return stage_ == Stage::serving; }

  /// Frees the lock of a deploy that has switched.
  void hand_over();
  /// It must not come to a switch any more.
  void leave() { leaving_ = true; }

  // What an Upload does.
  [[nodiscard]] Result<void, Refused> write(std::string_view bytes);
  void finish(Upload::Answer answer);
  void abandon();
  /// Whether it could still be ended.
  [[nodiscard]] bool cancel(std::string_view by);
  /// Whether it was offered by that client and waits for the files that are missing.
  [[nodiscard]] bool awaits_rest_from(std::string_view by) const;
  void begin_rest(ReceivedArchive archive, UploadRequest request);
  /// Whether it is what is asked for: its body is whole, and nothing has gone wrong.
  [[nodiscard]] bool does_what(const UploadRequest& request) const;

 private:
  using Gathering = Result<Gathered, Refused>;
  using Unpacking = Result<JudgedSources, Refused>;

  void handle(Input input);
  void enter(Stage stage);
  void perform(Action action);

  [[nodiscard]] Result<void, Refused> hear(std::string_view bytes);
  void start_gathering();
  void gathered(Result<Gathering> result);
  void answer_missing();
  void rest_overdue();
  void start_unpacking();
  [[nodiscard]] Unpacking unpack_received(const std::stop_token& stop) const;
  void unpacked(Result<Unpacking> result);
  void start_noting_received();
  void received_noted(const Result<void>& outcome);
  void start_preparing();
  void prepared(const Result<bool>& outcome);
  void start_build();
  void build_took_too_long();
  void build_ended(loop::ChildExit exit);
  void start_hashing();
  [[nodiscard]] Result<JudgedTree> hash_tree(const std::stop_token& stop) const;
  void hashed(const Result<JudgedTree>& outcome);
  void start_switching();
  [[nodiscard]] release::JournalEntry switched_line() const;
  void switched(const Result<release::Switched>& outcome);
  void start_concluding(release::EventKind event);
  void concluded(const Result<void>& outcome);

  void discard();
  void free_lock();
  void answer_accepted();
  void answer_end();
  void fail(Refused why);
  void note_time(const char* phase);
  [[nodiscard]] release::JournalEntry line(release::EventKind event) const;
  [[nodiscard]] Workplace workplace() const;

  Surroundings around_;
  Events events_;
  Plan plan_;
  UploadRequest request_;
  Stage stage_ = Stage::receiving;
  DeployStatus status_;
  std::chrono::steady_clock::time_point phase_began_;
  std::optional<release::ReleaseLock> lock_;
  std::optional<ReceivedArchive> archive_;
  Upload::Answer answer_;
  std::string offer_;
  std::optional<Gathered> gathered_;
  loop::Timer rest_timer_;
  std::optional<Unpacked> unpacked_;
  std::string content_hash_;
  bool carried_ = false;
  bool concluded_ = false;
  bool leaving_ = false;
  std::optional<Refused> trouble_;
  std::unique_ptr<BuildCommand> build_;
  BackgroundWork background_;  // last: see there
};

}  // namespace ops::deploy
