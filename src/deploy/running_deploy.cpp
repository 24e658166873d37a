#include "deploy/running_deploy.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

#include "deploy/same_request.hpp"

namespace ops::deploy {
namespace {

using release::EventKind;
using release::JournalEntry;

// What a stage is called outside; the stages at the end keep the name of the one before.
std::optional<DeployState> shown_as(Stage stage) {
  switch (stage) {
    case Stage::offering:
    case Stage::gathering:
    case Stage::awaiting:
    case Stage::receiving:
      return DeployState::receiving;
    case Stage::unpacking:
    case Stage::accepting:
    case Stage::preparing:
      return DeployState::extracting;
    case Stage::building:
    case Stage::stopping_build:
    case Stage::hashing:
    case Stage::switching:
      return DeployState::building;
    case Stage::serving:
      return DeployState::starting;
    case Stage::cancelling:
    case Stage::concluding:
    case Stage::ended:
      return std::nullopt;
  }
  return std::nullopt;
}

Input input_of(Verdict verdict, Input fresh) {
  switch (verdict) {
    case Verdict::fresh:
      return fresh;
    case Verdict::serves_already:
      return Input::serves_already;
    case Verdict::failed_before:
      return Input::failed_before;
  }
  return fresh;
}

Refused failed_before() {
  return {RefusalKind::failed_before,
          "this release has failed its trial before: change it, or deploy it by force (ops deploy "
          "quick --force, ?force=1)"};
}

long long milliseconds_since(std::chrono::steady_clock::time_point start,
                             std::chrono::steady_clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - start).count();
}

}  // namespace

RunningDeploy::RunningDeploy(const Surroundings& around, std::string id, UploadRequest request,
                             release::ReleaseLock lock, std::optional<ReceivedArchive> archive,
                             Events events)
    : around_(around),
      events_(std::move(events)),
      plan_{.offered = !archive,
            .builds = !around.settings.build_command.empty(),
            .forced = request.force},
      request_(std::move(request)),
      phase_began_(around.clock.now()),
      lock_(std::move(lock)),
      archive_(std::move(archive)),
      rest_timer_(around.loop, [this] { rest_overdue(); }),
      background_(around.loop) {
  status_.deploy = std::move(id);
  status_.started_at = around_.clock.wall();
  // So that it need not be moved as it grows.
  const std::uint64_t announced = request_.content_length.value_or(0);
  if (plan_.offered)
    offer_.reserve(std::min<std::uint64_t>(announced, around.settings.offer_bytes));
  enter(plan_.offered ? Stage::offering : Stage::receiving);
}

Result<void, Refused> RunningDeploy::write(std::string_view bytes) {
  if (stage_ != Stage::receiving && stage_ != Stage::offering) {
    return Refused{RefusalKind::broken, "the upload has ended"};
  }
  auto written = stage_ == Stage::offering ? hear(bytes) : archive_->write(bytes);
  if (!written) {
    fail(written.error());
    handle(Input::trouble);
  }
  return written;
}

Result<void, Refused> RunningDeploy::hear(std::string_view bytes) {
  const std::size_t limit = around_.settings.offer_bytes;
  if (bytes.size() > limit - offer_.size()) {
    return offer_too_large(limit);
  }
  offer_ += bytes;
  return {};
}

void RunningDeploy::finish(Upload::Answer answer) {
  const bool ends_body = stage_ == Stage::receiving || stage_ == Stage::offering;
  // Where a write was refused, the end answers.
  if (!ends_body && stage_ != Stage::concluding) return;
  answer_ = std::move(answer);
  if (stage_ == Stage::concluding) return;
  if (stage_ == Stage::offering) return handle(Input::body_complete);
  note_time("receiving");
  if (const auto right = archive_->check(request_.expected_sha256); !right) {
    fail(right.error());
    return handle(Input::trouble);
  }
  handle(Input::body_complete);
}

void RunningDeploy::hand_over() {
  assert(has_switched() && "the lock is needed until then");
  archive_.reset();
  lock_.reset();
}

void RunningDeploy::abandon() { handle(Input::body_abandoned); }

bool RunningDeploy::cancel(std::string_view by) {
  const bool ends_by_itself = stage_ == Stage::concluding || stage_ == Stage::ended;
  if (ends_by_itself || stage_ == Stage::switching || stage_ == Stage::serving) return false;
  fail({RefusalKind::cancelled, "cancelled by " + std::string(by)});
  handle(Input::cancelled);
  return true;
}

bool RunningDeploy::awaits_rest_from(std::string_view by) const {
  return stage_ == Stage::awaiting && by == request_.by;
}

void RunningDeploy::begin_rest(ReceivedArchive archive, UploadRequest request) {
  rest_timer_.stop();
  archive_ = std::move(archive);
  request_.expected_sha256 = std::move(request.expected_sha256);
  if (!request.idempotency_key.empty()) {
    request_.idempotency_key = std::move(request.idempotency_key);
  }
  handle(Input::rest_comes);
}

bool RunningDeploy::does_what(const UploadRequest& request) const {
  const bool is_whole = stage_ >= Stage::unpacking && stage_ <= Stage::serving && !trouble_;
  return is_whole && (has_content(request, request_.expected_sha256, status_.source) ||
                      has_same_key(request, request_));
}

void RunningDeploy::handle(Input input) {
  const auto self = shared_from_this();
  const Step step = advance(plan_, stage_, input);
  if (step.stage != stage_) {
    enter(step.stage);
    events_.on_change();
  }
  for (const Action action : step.actions) perform(action);
}

void RunningDeploy::enter(Stage stage) {
  stage_ = stage;
  const auto shown = shown_as(stage);
  if (!shown) return;
  status_.state = *shown;
  // Only tells others what goes on; the deploy does not depend on it.
  static_cast<void>(lock_->describe(id(), name(*shown)));
}

void RunningDeploy::perform(Action action) {
  switch (action) {
    case Action::gather:
      return start_gathering();
    case Action::answer_missing:
      return answer_missing();
    case Action::await_rest:
      return rest_timer_.start(around_.settings.offer_time);
    case Action::unpack:
      return start_unpacking();
    case Action::note_received:
      return start_noting_received();
    case Action::answer_accepted:
      return answer_accepted();
    case Action::prepare:
      return start_preparing();
    case Action::start_build:
      return start_build();
    case Action::stop_build:
      return build_->stop();
    case Action::stop_work:
      return background_.request_stop();
    case Action::hash_tree:
      return start_hashing();
    case Action::publish_and_switch:
      return start_switching();
    case Action::tell_switched:
      return events_.on_switched();
    case Action::conclude_refused:
      return start_concluding(EventKind::refused);
    case Action::conclude_failed:
      return start_concluding(EventKind::failed);
    case Action::conclude_unchanged:
      return start_concluding(EventKind::unchanged);
    case Action::refuse_failed_before:
    case Action::fail_failed_before:
      return fail(failed_before());
    case Action::discard:
      return discard();
    case Action::free_lock:
      return free_lock();
    case Action::answer_end:
      return answer_end();
  }
}

void RunningDeploy::start_gathering() {
  const auto failed_before = plan_.forced ? FailedBefore::tried_again : FailedBefore::refused;
  background_.run<Gathering>(
      [this, failed_before,
       offer = std::exchange(offer_, {})](const std::stop_token& stop) mutable {
        return Result<Gathering>(gather(workplace(), std::move(offer), failed_before, stop));
      },
      [this](Result<Gathering> outcome) { gathered(std::move(outcome)); });
}

void RunningDeploy::gathered(Result<Gathering> result) {
  if (!result || !*result) {
    fail(result ? result->error() : refused_by(result.error()));
    const bool is_question = trouble_->kind == RefusalKind::unknown_base;
    return handle(is_question ? Input::unknown_base : Input::trouble);
  }
  gathered_ = std::move(**result);
  status_.source = gathered_->hash;
  handle(input_of(gathered_->verdict, Input::gathered));
}

void RunningDeploy::answer_missing() {
  if (answer_) std::exchange(answer_, {})(Accepted{id(), status_.state, gathered_->missing});
}

void RunningDeploy::rest_overdue() {
  fail({RefusalKind::overdue, "the missing files did not begin to come within " +
                                  std::to_string(around_.settings.offer_time.count()) + " ms"});
  handle(Input::trouble);
}

void RunningDeploy::start_unpacking() {
  background_.run<Unpacking>(
      [this](const std::stop_token& stop) { return Result<Unpacking>(unpack_received(stop)); },
      [this](Result<Unpacking> outcome) { unpacked(std::move(outcome)); });
}

// Of what was offered the verdict is known.
RunningDeploy::Unpacking RunningDeploy::unpack_received(const std::stop_token& stop) const {
  if (!plan_.offered) return unpack_and_judge(workplace(), archive_->fd(), stop);
  if (auto whole = complete(workplace(), *gathered_, archive_->fd(), stop); !whole) {
    return whole.error();
  }
  return JudgedSources{gathered_->staged, gathered_->hash, gathered_->verdict};
}

void RunningDeploy::unpacked(Result<Unpacking> result) {
  archive_.reset();
  note_time("extracting");
  if (!result || !*result) {
    fail(result ? result->error() : refused_by(result.error()));
    return handle(Input::trouble);
  }
  JudgedSources& outcome = **result;
  unpacked_ = std::move(outcome.unpacked);
  status_.source = std::move(outcome.hash);
  handle(input_of(outcome.verdict, Input::unpacked));
}

void RunningDeploy::start_noting_received() {
  background_.run<void>(
      [this, entry = line(EventKind::received)](const std::stop_token& /*stop*/) {
        return around_.store.journal().append(entry);
      },
      [this](const Result<void>& outcome) { received_noted(outcome); });
}

void RunningDeploy::received_noted(const Result<void>& outcome) {
  if (outcome) return handle(Input::received_noted);
  fail(refused_by(outcome.error()));
  handle(Input::trouble);
}

void RunningDeploy::start_preparing() {
  if (around_.settings.carry.empty() && around_.settings.shared.empty()) {
    return handle(Input::prepared);
  }
  background_.run<bool>(
      [this](const std::stop_token& stop) {
        return prepare_tree(workplace(), unpacked_->staging, stop);
      },
      [this](const Result<bool>& outcome) { prepared(outcome); });
}

void RunningDeploy::prepared(const Result<bool>& outcome) {
  if (outcome) {
    carried_ = *outcome;
    return handle(Input::prepared);
  }
  fail(refused_by(outcome.error()));
  handle(Input::trouble);
}

void RunningDeploy::start_hashing() {
  phase_began_ = around_.clock.now();
  background_.run<JudgedTree>([this](const std::stop_token& stop) { return hash_tree(stop); },
                              [this](const Result<JudgedTree>& outcome) { hashed(outcome); });
}

// What was hashed on its way to the disk is not read again when nothing has touched it since.
Result<JudgedTree> RunningDeploy::hash_tree(const std::stop_token& stop) const {
  if (plan_.builds) {
    if (auto noted = around_.store.journal().append(line(EventKind::built)); !noted) {
      return noted.error();
    }
  }
  if (plan_.builds || carried_) return hash_and_judge(workplace(), unpacked_->staging, stop);
  return judge_tree(workplace(), status_.source);
}

void RunningDeploy::hashed(const Result<JudgedTree>& outcome) {
  if (!outcome) {
    fail(refused_by(outcome.error()));
    return handle(Input::trouble);
  }
  content_hash_ = outcome->hash;
  status_.release = release::release_id(content_hash_);
  handle(input_of(outcome->verdict, Input::hashed));
}

void RunningDeploy::start_switching() {
  if (leaving_) {
    // Nobody would start the release.
    fail(
        {RefusalKind::leaving, "the app was told to end before the deploy was done: deploy again"});
    return handle(Input::trouble);
  }
  background_.run<release::Switched>(
      [this](const std::stop_token& /*stop*/) {
        return publish_and_switch(workplace(), *unpacked_, line(EventKind::published),
                                  switched_line(), phase_began_);
      },
      [this](const Result<release::Switched>& outcome) { switched(outcome); });
}

JournalEntry RunningDeploy::switched_line() const {
  JournalEntry entry = line(EventKind::switched);
  entry.forced = plan_.forced;
  entry.keep = around_.settings.keep;
  return entry;
}

void RunningDeploy::switched(const Result<release::Switched>& outcome) {
  if (!outcome) {
    fail(refused_by(outcome.error()));
    return handle(Input::trouble);
  }
  note_time("publishing");
  around_.log.info("switched to a new release",
                   {{"release", status_.release}, {"deploy", id()}, {"by", request_.by}});
  if (!outcome->warning.empty()) around_.log.warning(outcome->warning, {{"deploy", id()}});
  handle(Input::switched);
}

void RunningDeploy::start_concluding(EventKind event) {
  JournalEntry entry = line(event);
  if (event == EventKind::unchanged) {
    if (auto current = around_.store.current()) status_.release = *current;
    entry.release = status_.release;
  } else {
    assert(trouble_ && "a deploy fails for a reason");
    // A line `failed` that names a release says that it failed its trial.
    entry.release.clear();
    entry.reason = trouble_->message;
    entry.code = code(trouble_->kind);
    around_.log.warning("a deploy has ended", {{"deploy", id()}, {"reason", trouble_->message}});
  }
  background_.run<void>(
      [this, entry](const std::stop_token&) { return clean_and_note(workplace(), entry); },
      [this](const Result<void>& outcome) { concluded(outcome); });
}

void RunningDeploy::concluded(const Result<void>& outcome) {
  if (!outcome) around_.log.error(outcome.error().message, {{"deploy", id()}});
  concluded_ = true;
  handle(Input::concluded);
}

// What cannot be taken away now is by whoever takes the lock next.
void RunningDeploy::discard() {
  const auto buried = around_.store.bury_staged(*lock_);
  if (!buried) around_.log.warning(buried.error().message, {{"deploy", id()}});
}

void RunningDeploy::free_lock() {
  archive_.reset();
  lock_.reset();
  if (concluded_) {
    status_.state = trouble_ ? DeployState::failed : DeployState::unchanged;
    if (trouble_) status_.error = {std::string(code(trouble_->kind)), trouble_->message};
  }
  events_.on_end();
}

void RunningDeploy::answer_accepted() {
  if (answer_) std::exchange(answer_, {})(Accepted{id(), status_.state});
}

void RunningDeploy::answer_end() {
  if (!answer_) return;
  const auto answer = std::exchange(answer_, {});
  if (trouble_) return answer(*trouble_);
  answer(Accepted{id(), DeployState::unchanged});
}

// The first reason is the one to tell.
void RunningDeploy::fail(Refused why) {
  if (!trouble_) trouble_ = std::move(why);
}

void RunningDeploy::note_time(const char* phase) {
  const auto now = around_.clock.now();
  status_.timings[phase] = milliseconds_since(phase_began_, now);
  phase_began_ = now;
}

JournalEntry RunningDeploy::line(EventKind event) const {
  JournalEntry entry;
  const bool is_first =
      event == EventKind::received || event == EventKind::refused || event == EventKind::unchanged;
  if (is_first) {
    entry.address = request_.address;
    entry.archive = request_.expected_sha256;
    entry.key = request_.idempotency_key;
  }
  entry.event = event;
  entry.deploy = id();
  entry.by = request_.by;
  entry.source = status_.source;
  entry.release = status_.release;
  entry.hash = content_hash_;
  entry.timings = status_.timings;
  return entry;
}

Workplace RunningDeploy::workplace() const {
  return {around_.store, *lock_, around_.settings, around_.clock, around_.log};
}

}  // namespace ops::deploy
