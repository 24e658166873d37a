#include "deploy/deployer.hpp"

#include <cassert>
#include <utility>

#include "deploy/background_work.hpp"
#include "deploy/build_log.hpp"
#include "deploy/deploy_id.hpp"
#include "deploy/deploy_record.hpp"
#include "deploy/event_feed.hpp"
#include "deploy/handover.hpp"
#include "deploy/interrupted.hpp"
#include "deploy/journal_snapshot.hpp"
#include "deploy/journal_watch.hpp"
#include "deploy/received_archive.hpp"
#include "deploy/roll_back.hpp"
#include "deploy/running_deploy.hpp"
#include "deploy/same_request.hpp"
#include "deploy/upkeep.hpp"

namespace ops::deploy {
namespace {

// A holder that was killed lets go of the lock a moment after its last file is closed.
constexpr std::chrono::milliseconds look_again{100};
constexpr std::chrono::hours key_life{24};

// The deploy outlives the upload, and may be gone before it.
class RunningUpload final : public Upload {
 public:
  explicit RunningUpload(const std::shared_ptr<RunningDeploy>& running)
      : deploy_(running->id()), running_(running) {}
  RunningUpload(const RunningUpload&) = delete;
  RunningUpload& operator=(const RunningUpload&) = delete;
  ~RunningUpload() override {
    if (const auto running = running_.lock()) running->abandon();
  }

  [[nodiscard]] const std::string& deploy() const override { return deploy_; }
  [[nodiscard]] Result<void, Refused> write(std::string_view bytes) override {
    if (const auto running = running_.lock()) return running->write(bytes);
    return Refused{RefusalKind::broken, "the upload has ended"};
  }
  void finish(Answer answer) override {
    if (const auto running = std::exchange(running_, {}).lock()) {
      return running->finish(std::move(answer));
    }
    answer(Refused{RefusalKind::cancelled, "the deploy had ended before all of it had come"});
  }

 private:
  std::string deploy_;
  std::weak_ptr<RunningDeploy> running_;
};

}  // namespace

class Deployer::Impl {
 public:
  Impl(loop::Loop& loop, release::ReleaseStore& store, base::Log& log, const base::Clock& clock,
       DeploySettings settings, std::function<void()> switched);

  Result<std::optional<Accepted>, Refused> find_same(const UploadRequest& request);
  Result<std::unique_ptr<Upload>, Refused> begin(UploadRequest request);
  void roll_back(RollbackRequest request, Upload::Answer answer);
  Result<void, Refused> cancel(std::string_view deploy, std::string_view by);
  std::optional<DeployRecord> record(std::string_view deploy);
  std::vector<DeployEvent> events(std::string_view deploy, std::uint64_t after, std::size_t most);
  std::optional<std::string> running();
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }
  void hand_over();
  void leave();

 private:
  struct RollBack {
    std::string deploy;
    std::string release;
    RollbackRequest request;
    Upload::Answer answer;
  };

  template <typename Request>
  [[nodiscard]] std::optional<DeployRecord> begun_by_key(const Request& request) {
    return journal_.deploys().find_by_key(request.by, request.idempotency_key,
                                          clock_.wall() - key_life);
  }
  [[nodiscard]] Accepted joined(const std::string& deploy);
  Result<std::unique_ptr<Upload>, Refused> begin_rest(UploadRequest request);
  [[nodiscard]] Result<ReceivedArchive, Refused> open_archive(const UploadRequest& request) const;
  void clear_after_a_crash();
  Result<release::ReleaseLock, Refused> take_lock();
  [[nodiscard]] Refused busy() const;
  [[nodiscard]] bool is_handing_over();
  void switched_to(std::string deploy, std::string release);
  [[nodiscard]] bool end_is_hidden(std::string_view deploy);
  [[nodiscard]] Result<release::Switched> switch_back() const;
  void switched_back(const Result<release::Switched>& outcome);
  void active_switched();
  void deploy_ended();
  void journal_changed();
  void notify();

  loop::Loop& loop_;
  release::ReleaseStore& store_;
  base::Log& log_;
  const base::Clock& clock_;
  DeploySettings settings_;
  std::function<void()> switched_;
  std::function<void()> changed_;
  JournalSnapshot journal_;
  LogLines lines_;
  std::shared_ptr<RunningDeploy> active_;
  /// In case the journal could not take its end.
  std::optional<DeployStatus> last_ended_;
  std::optional<release::ReleaseLock> rollback_lock_;
  std::optional<RollBack> rollback_;
  /// The last switch that was made here.
  std::string switched_deploy_;
  std::string switched_release_;
  std::optional<Handover> handover_;
  bool leaving_ = false;
  std::string tried_to_clear_;
  loop::Timer soon_;
  JournalWatch watch_;
  Upkeep upkeep_;
  BackgroundWork background_;  // last: see there
};

Deployer::Impl::Impl(loop::Loop& loop, release::ReleaseStore& store, base::Log& log,
                     const base::Clock& clock, DeploySettings settings,
                     std::function<void()> switched)
    : loop_(loop),
      store_(store),
      log_(log),
      clock_(clock),
      settings_(std::move(settings)),
      switched_(std::move(switched)),
      journal_(store, log),
      lines_(store.path()),
      soon_(loop, [this] { journal_changed(); }),
      watch_(loop, store.path(), [this] { journal_changed(); }),
      upkeep_(loop, store, log),
      background_(loop) {
  soon_.do_not_keep_loop_alive();
  clear_after_a_crash();
}

void Deployer::Impl::clear_after_a_crash() {
  if (!has_remains(store_, journal_.deploys())) return;
  const auto lock = store_.try_lock();
  if (!lock || !*lock) return;
  if (const auto cleared = clear_remains(store_, journal_.deploys(), **lock); !cleared) {
    log_.error(cleared.error().message);
  }
}

Refused Deployer::Impl::busy() const {
  auto holder = store_.lock_holder().value_or(release::LockHolder{});
  if (holder.deploy.empty() && handover_) {
    const auto age = std::chrono::floor<std::chrono::seconds>(clock_.now() - handover_->since());
    holder = {handover_->deploy(), std::string(name(DeployState::starting)), clock_.wall() - age};
  }
  std::string message = "another deploy is running";
  if (!holder.deploy.empty()) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall() - holder.since);
    message = "deploy " + holder.deploy + " is running (" + holder.phase + ", for " +
              std::to_string(age.count()) + " s): wait for its end";
  }
  return {RefusalKind::busy, message, holder.deploy};
}

Result<release::ReleaseLock, Refused> Deployer::Impl::take_lock() {
  if (is_handing_over()) return busy();
  auto lock = store_.try_lock();
  if (!lock) return refused_by(lock.error());
  if (!*lock) return busy();
  if (leaving_) {
    return Refused{RefusalKind::leaving, "this process of the app is ending: try again at once"};
  }
  const DeployRecords& deploys = journal_.deploys();
  if (has_remains(store_, deploys)) {
    if (const auto cleared = clear_remains(store_, deploys, **lock); !cleared) {
      return refused_by(cleared.error());
    }
    upkeep_.look();
  }
  return std::move(**lock);
}

Accepted Deployer::Impl::joined(const std::string& deploy) {
  const auto known = record(deploy);
  // Only of one that has switched the journal has to tell, and it may be out of reach.
  const auto state = known ? known->status.state : DeployState::starting;
  return {.deploy = deploy, .state = state, .joined = true};
}

// An upload that has not come whole may yet break off: nobody is answered with it.
Result<std::optional<Accepted>, Refused> Deployer::Impl::find_same(const UploadRequest& request) {
  if (const auto first = begun_by_key(request)) {
    if (!can_be(*first, request)) return key_reused();
    return std::optional(joined(first->status.deploy));
  }
  if (active_) {
    if (!active_->does_what(request)) return std::optional<Accepted>();
    return std::optional(joined(active_->id()));
  }
  const auto id = running();
  const auto going_on = id ? journal_.deploys().find(*id) : std::nullopt;
  if (going_on && !is_end(going_on->status.state) &&
      has_content(request, going_on->archive, going_on->status.source)) {
    return std::optional(joined(*id));
  }
  return std::optional<Accepted>();
}

Result<void, Refused> Deployer::Impl::cancel(std::string_view deploy, std::string_view by) {
  if (!record(deploy)) return Refused{RefusalKind::no_such_deploy, "no deploy of that id is known"};
  if (active_ && active_->id() == deploy && active_->cancel(by)) return {};
  return Refused{RefusalKind::too_late,
                 "it has ended, or cannot be stopped any more: wait for its end and roll back"};
}

Result<std::unique_ptr<Upload>, Refused> Deployer::Impl::begin(UploadRequest request) {
  using Body = UploadRequest::Body;
  if (request.body == Body::missing) return begin_rest(std::move(request));
  if (request.body == Body::offer && request.content_length > settings_.offer_bytes) {
    return offer_too_large(settings_.offer_bytes);
  }
  // Whoever comes again has given up what it offered before.
  if (active_ && active_->awaits_rest_from(request.by)) active_->abandon();
  auto lock = take_lock();
  if (!lock) return lock.error();
  std::optional<ReceivedArchive> archive;
  if (request.body == Body::archive) {
    auto opened = open_archive(request);
    if (!opened) return opened.error();
    archive = std::move(opened).value();
  }
  active_ = std::make_shared<RunningDeploy>(
      RunningDeploy::Surroundings{loop_, store_, log_, clock_, settings_}, new_deploy_id(clock_),
      std::move(request), std::move(lock).value(), std::move(archive),
      RunningDeploy::Events{.on_change = [this] { notify(); },
                            .on_switched = [this] { active_switched(); },
                            .on_end = [this] { deploy_ended(); }});
  return std::unique_ptr<Upload>(std::make_unique<RunningUpload>(active_));
}

Result<std::unique_ptr<Upload>, Refused> Deployer::Impl::begin_rest(UploadRequest request) {
  const bool was_cancelled = last_ended_ && last_ended_->deploy == request.deploy &&
                             last_ended_->error.code == code(RefusalKind::cancelled);
  if (was_cancelled) return Refused{RefusalKind::cancelled, last_ended_->error.message};
  if (!active_ || active_->id() != request.deploy || !active_->awaits_rest_from(request.by)) {
    return Refused{RefusalKind::not_awaited,
                   "no deploy of that id waits for files of yours: deploy again"};
  }
  auto archive = open_archive(request);
  if (!archive) {
    active_->abandon();
    return archive.error();
  }
  active_->begin_rest(std::move(archive).value(), std::move(request));
  return std::unique_ptr<Upload>(std::make_unique<RunningUpload>(active_));
}

Result<ReceivedArchive, Refused> Deployer::Impl::open_archive(const UploadRequest& request) const {
  return ReceivedArchive::open(store_.path() + "/staging", settings_, request.content_length);
}

void Deployer::Impl::active_switched() { switched_to(active_->id(), active_->status().release); }

void Deployer::Impl::switched_to(std::string deploy, std::string release) {
  switched_deploy_ = std::move(deploy);
  switched_release_ = std::move(release);
  switched_();
}

void Deployer::Impl::hand_over() {
  handover_.emplace(switched_deploy_, switched_release_, clock_.now());
  if (active_) active_->hand_over();
  active_.reset();
  rollback_lock_.reset();
}

bool Deployer::Impl::is_handing_over() {
  if (!handover_) return false;
  const auto known = journal_.deploys().find(handover_->deploy());
  handover_->look({.lock_is_held = store_.lock_holder().has_value(),
                   .journal_tells_the_end = known && is_end(known->status.state),
                   .at = clock_.now()});
  if (handover_->is_over()) handover_.reset();
  return handover_.has_value();
}

void Deployer::Impl::leave() {
  leaving_ = true;
  if (active_) active_->leave();
}

void Deployer::Impl::deploy_ended() {
  if (is_end(active_->status().state)) last_ended_ = active_->status();
  active_.reset();
  upkeep_.look();
  notify();
}

void Deployer::Impl::roll_back(RollbackRequest request, Upload::Answer answer) {
  if (const auto first = begun_by_key(request)) {
    if (!can_be(*first, request)) return answer(key_reused());
    return answer(joined(first->status.deploy));
  }
  auto lock = take_lock();
  if (!lock) return answer(lock.error());
  auto target = rollback_target(store_, request.to);
  if (!target) return answer(target.error());
  rollback_lock_ = std::move(lock).value();
  rollback_ = RollBack{new_deploy_id(clock_), *target, std::move(request), std::move(answer)};
  static_cast<void>(rollback_lock_->describe(rollback_->deploy, name(DeployState::starting)));
  background_.run<release::Switched>(
      [this](const std::stop_token& /*stop*/) { return switch_back(); },
      [this](const Result<release::Switched>& outcome) { switched_back(outcome); });
}

Result<release::Switched> Deployer::Impl::switch_back() const {
  release::JournalEntry why;
  why.event = release::EventKind::rolled_back;
  why.deploy = rollback_->deploy;
  why.by = rollback_->request.by;
  why.address = rollback_->request.address;
  why.key = rollback_->request.idempotency_key;
  why.keep = settings_.keep;
  return store_.switch_to(*rollback_lock_, rollback_->release, std::move(why));
}

void Deployer::Impl::switched_back(const Result<release::Switched>& outcome) {
  const RollBack done = *std::exchange(rollback_, std::nullopt);
  if (!outcome) {
    rollback_lock_.reset();
    log_.error(outcome.error().message, {{"deploy", done.deploy}});
    return done.answer(refused_by(outcome.error()));
  }
  log_.info("switched back",
            {{"release", done.release}, {"deploy", done.deploy}, {"by", done.request.by}});
  if (!outcome->warning.empty()) log_.warning(outcome->warning, {{"deploy", done.deploy}});
  done.answer(Accepted{done.deploy, DeployState::starting});
  notify();
  switched_to(done.deploy, done.release);
}

// An end is an end for the outside once the next deploy could begin.
bool Deployer::Impl::end_is_hidden(std::string_view deploy) {
  const auto holder = store_.lock_holder();
  if (!holder) return false;
  if (!holder->deploy.empty()) return holder->deploy == deploy;
  return journal_.deploys().of_last_line() == deploy;
}

std::optional<DeployRecord> Deployer::Impl::record(std::string_view deploy) {
  if (!is_deploy_id(deploy)) return std::nullopt;
  if (active_ && active_->id() == deploy && !active_->has_switched()) {
    return DeployRecord{active_->status()};
  }
  auto found = journal_.deploys().find(deploy);
  if (!found || !is_end(found->status.state)) {
    const bool ended_here = last_ended_ && last_ended_->deploy == deploy;
    return ended_here ? DeployRecord{*last_ended_} : found;
  }
  if (end_is_hidden(deploy) || (is_handing_over() && handover_->deploy() == deploy)) {
    found->status.state = found->before_end;
    found->status.error = {};
  }
  return found;
}

// Who holds the lock says for which deploy; the supervisor, which judges one, does not.
std::optional<std::string> Deployer::Impl::running() {
  if (is_handing_over()) return handover_->deploy();
  const auto holder = store_.lock_holder();
  if (!holder) return std::nullopt;
  if (!holder->deploy.empty()) return holder->deploy;
  const auto open = journal_.deploys().unended();
  if (!open.empty()) return open.back().deploy;
  // On trial: the supervisor, which holds the lock then, does not say for which deploy.
  return journal_.deploys().on_trial();
}

std::vector<DeployEvent> Deployer::Impl::events(std::string_view deploy, std::uint64_t after,
                                                std::size_t most) {
  const auto found = record(deploy);
  if (!found) return {};
  return events_of(*found, lines_, settings_, after, most);
}

void Deployer::Impl::journal_changed() {
  static_cast<void>(is_handing_over());  // who holds the lock now may have let go of it by then
  notify();
  upkeep_.look();
  if (active_ || rollback_lock_) return;
  const DeployRecords& deploys = journal_.deploys();
  const auto open = deploys.unended();
  if (!store_.lock_holder()) {
    // The process beside which this one was started may have gone in the middle of a deploy. Once
    // is enough: trying makes the next change.
    const bool is_new =
        !open.empty() && std::exchange(tried_to_clear_, open.back().deploy) != open.back().deploy;
    if (is_new && !leaving_) clear_after_a_crash();
    return;
  }
  const auto last = deploys.find(deploys.of_last_line());
  const bool ends_soon = last && is_end(last->status.state);
  if (ends_soon || !open.empty()) soon_.start(look_again);
}

void Deployer::Impl::notify() {
  if (changed_) changed_();
}

Deployer::Deployer(loop::Loop& loop, release::ReleaseStore& store, base::Log& log,
                   const base::Clock& clock, DeploySettings settings,
                   std::function<void()> switched)
    : impl_(std::make_unique<Impl>(loop, store, log, clock, std::move(settings),
                                   std::move(switched))) {}

Deployer::~Deployer() = default;

void Deployer::hand_over() { impl_->hand_over(); }

void Deployer::leave() { impl_->leave(); }

Result<std::unique_ptr<Upload>, Refused> Deployer::begin(UploadRequest request) {
  return impl_->begin(std::move(request));
}

Result<std::optional<Accepted>, Refused> Deployer::find_same(const UploadRequest& request) {
  return impl_->find_same(request);
}

void Deployer::roll_back(RollbackRequest request, Upload::Answer answer) {
  impl_->roll_back(std::move(request), std::move(answer));
}

Result<void, Refused> Deployer::cancel(std::string_view deploy, std::string_view by) {
  return impl_->cancel(deploy, by);
}

std::optional<DeployStatus> Deployer::status(std::string_view deploy) const {
  auto found = impl_->record(deploy);
  if (!found) return std::nullopt;
  return std::move(found->status);
}

std::optional<std::string> Deployer::running() const { return impl_->running(); }

std::vector<DeployEvent> Deployer::events(std::string_view deploy, std::uint64_t after,
                                          std::size_t most) const {
  return impl_->events(deploy, after, most);
}

void Deployer::on_change(std::function<void()> changed) { impl_->on_change(std::move(changed)); }

}  // namespace ops::deploy
