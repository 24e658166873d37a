#include "deploy/running_deploy.hpp"

#include <unistd.h>

#include <cassert>
#include <utility>

#include "base/durable_file.hpp"
#include "base/tree.hpp"
#include "deploy/build_environment.hpp"
#include "deploy/carried_paths.hpp"
#include "release/trial.hpp"

namespace ops::deploy {
namespace {

using release::EventKind;
using release::JournalEntry;

// What a stage is called outside; the stages at the end keep the name of the one before.
std::optional<DeployState> shown_as(Stage stage) {
  switch (stage) {
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

std::string how_it_ended(const loop::ChildExit& exit) {
  if (exit.signal != 0) return "was killed by signal " + std::to_string(exit.signal);
  return "exited with status " + std::to_string(exit.code);
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
                             release::ReleaseLock lock, ReceivedArchive archive, Events events)
    : around_(around),
      events_(std::move(events)),
      plan_{.builds = !around.settings.build_command.empty(), .forced = request.force},
      by_(std::move(request.by)),
      expected_sha256_(std::move(request.expected_sha256)),
      phase_began_(around.clock.now()),
      lock_(std::move(lock)),
      archive_(std::move(archive)),
      background_(around.loop) {
  status_.deploy = std::move(id);
  status_.started_at = around_.clock.wall();
  enter(Stage::receiving);
}

Result<void, Refused> RunningDeploy::write(std::string_view bytes) {
  if (stage_ != Stage::receiving) return Refused{RefusalKind::broken, "the upload has ended"};
  auto written = archive_->write(bytes);
  if (!written) {
    fail(written.error());
    handle(Input::trouble);
  }
  return written;
}

void RunningDeploy::finish(Upload::Answer answer) {
  // Where a write was refused, the end answers.
  if (stage_ != Stage::receiving && stage_ != Stage::concluding) return;
  answer_ = std::move(answer);
  if (stage_ == Stage::concluding) return;
  note_time("receiving");
  if (const auto right = archive_->check(expected_sha256_); !right) {
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
      return stop_build();
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
    case Action::free_lock:
      return free_lock();
    case Action::answer_end:
      return answer_end();
  }
}

void RunningDeploy::start_unpacking() {
  background_.run<Unpacking>([this](const std::stop_token& stop) { return unpack_archive(stop); },
                             [this](Result<Unpacking> outcome) { unpacked(std::move(outcome)); });
}

Result<RunningDeploy::Unpacking> RunningDeploy::unpack_archive(const std::stop_token& stop) const {
  Unpacking outcome;
  auto result = unpack(around_.store, *lock_, archive_->fd(), around_.settings, stop);
  if (!result) {
    outcome.refused = result.error();
    return outcome;
  }
  outcome.source_hash = result->sources.content_hash();
  outcome.unpacked = std::move(result).value();
  const auto verdict = judge_sources(around_.store, outcome.source_hash);
  if (verdict) {
    outcome.verdict = *verdict;
  } else {
    outcome.refused = refused_by(verdict.error());
  }
  return outcome;
}

void RunningDeploy::unpacked(Result<Unpacking> result) {
  archive_.reset();
  note_time("extracting");
  if (!result) {
    fail(refused_by(result.error()));
    return handle(Input::trouble);
  }
  Unpacking& outcome = *result;
  unpacked_ = std::move(outcome.unpacked);
  status_.source = outcome.source_hash;
  if (outcome.refused) {
    fail(*outcome.refused);
    return handle(Input::trouble);
  }
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
  background_.run<bool>([this](const std::stop_token& stop) { return prepare_tree(stop); },
                        [this](const Result<bool>& outcome) { prepared(outcome); });
}

Result<bool> RunningDeploy::prepare_tree(const std::stop_token& stop) const {
  const auto current = around_.store.current();
  if (!current) return current.error();
  const auto tree = around_.store.tree_path(*current);
  if (!tree) return tree.error();
  auto carried = carry_paths(*tree, staged_path(), around_.settings, stop);
  if (!carried) return carried;
  if (auto linked = link_shared(staged_path(), around_.settings); !linked) return linked.error();
  return carried;
}

void RunningDeploy::prepared(const Result<bool>& outcome) {
  if (outcome) {
    carried_ = *outcome;
    return handle(Input::prepared);
  }
  fail(refused_by(outcome.error()));
  handle(Input::trouble);
}

void RunningDeploy::start_build() {
  const DeploySettings& settings = around_.settings;
  phase_began_ = around_.clock.now();
  auto log = BuildLog::create(around_.store.path(), id(), settings.log_bytes);
  if (!log) {
    fail(refused_by(log.error()));
    return handle(Input::trouble);
  }
  BuildSpec spec{settings.build_command, staged_path(),
                 build_environment(::environ, settings.secrets), settings.build_time,
                 settings.build_stop_time};
  auto build = BuildCommand::start(around_.loop, spec, std::move(log).value(),
                                   {.on_output = [this] { events_.on_change(); },
                                    .on_time_over = [this] { handle(Input::build_time_over); },
                                    .on_end = [this](loop::ChildExit exit) { build_ended(exit); }});
  if (!build) {
    fail(refused_by(build.error()));
    return handle(Input::trouble);
  }
  build_ = std::move(build).value();
}

void RunningDeploy::stop_build() {
  const auto limit = around_.settings.build_time;
  fail({RefusalKind::build_failed,
        "the build took longer than " + std::to_string(limit.count()) + " ms and was stopped"});
  build_->stop();
}

void RunningDeploy::build_ended(loop::ChildExit exit) {
  note_time("building");
  if (exit.status() == 0) return handle(Input::build_succeeded);
  fail({RefusalKind::build_failed, "the build command " + how_it_ended(exit)});
  handle(Input::build_failed);
}

void RunningDeploy::start_hashing() {
  phase_began_ = around_.clock.now();
  background_.run<Hashing>([this](const std::stop_token& stop) { return hash_tree(stop); },
                           [this](const Result<Hashing>& outcome) { hashed(outcome); });
}

// What was hashed on its way to the disk is not read again when nothing has touched it since.
Result<RunningDeploy::Hashing> RunningDeploy::hash_tree(const std::stop_token& stop) const {
  Hashing outcome;
  if (plan_.builds) {
    if (auto noted = around_.store.journal().append(line(EventKind::built)); !noted) {
      return noted.error();
    }
  }
  if (plan_.builds || carried_) {
    const auto root = base::open_directory(staged_path());
    if (!root) return root.error();
    const auto manifest = release::read_manifest(root->get(), stop);
    if (!manifest) return manifest.error();
    outcome.hash = manifest->content_hash();
  } else {
    outcome.hash = status_.source;
  }
  const auto verdict = judge_release(around_.store, release::release_id(outcome.hash));
  if (!verdict) return verdict.error();
  outcome.verdict = *verdict;
  return outcome;
}

void RunningDeploy::hashed(const Result<Hashing>& outcome) {
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
      [this](const std::stop_token& /*stop*/) { return publish_and_switch(); },
      [this](const Result<release::Switched>& outcome) { switched(outcome); });
}

Result<release::Switched> RunningDeploy::publish_and_switch() const {
  const bool is_new = !around_.store.has(status_.release);
  const auto published = publish();
  auto switched = published ? switch_over() : published.error();
  // What serves stays; the release that nobody switched to would stay for ever.
  if (!switched && is_new) withdraw();
  return switched;
}

// Noted before it has its name: a release that the journal does not know is nobody's to remove.
Result<void> RunningDeploy::publish() const {
  if (auto noted = around_.store.journal().append(line(EventKind::published)); !noted) {
    return noted;
  }
  return around_.store.publish(*lock_, unpacked_->staging, status_.release, unpacked_->sources);
}

Result<release::Switched> RunningDeploy::switch_over() const {
  JournalEntry entry = line(EventKind::switched);
  entry.timings = {{"publishing", milliseconds_since(phase_began_, around_.clock.now())}};
  entry.forced = plan_.forced;
  entry.keep = around_.settings.keep;
  return around_.store.switch_to(*lock_, status_.release, entry);
}

void RunningDeploy::withdraw() const {
  const auto withdrawn = release::withdraw(around_.store, *lock_, status_.release);
  if (!withdrawn) around_.log.warning(withdrawn.error().message, {{"deploy", id()}});
}

void RunningDeploy::switched(const Result<release::Switched>& outcome) {
  if (!outcome) {
    fail(refused_by(outcome.error()));
    return handle(Input::trouble);
  }
  note_time("publishing");
  around_.log.info("switched to a new release",
                   {{"release", status_.release}, {"deploy", id()}, {"by", by_}});
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
  background_.run<void>([this, entry](const std::stop_token&) { return clean_and_note(entry); },
                        [this](const Result<void>& outcome) { concluded(outcome); });
}

Result<void> RunningDeploy::clean_and_note(const JournalEntry& line) const {
  const auto noted = around_.store.journal().append(line);
  auto buried = around_.store.bury_staged(*lock_);
  return noted ? buried : noted;
}

void RunningDeploy::concluded(const Result<void>& outcome) {
  if (!outcome) around_.log.error(outcome.error().message, {{"deploy", id()}});
  concluded_ = true;
  handle(Input::concluded);
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
  entry.event = event;
  entry.deploy = id();
  entry.by = by_;
  entry.source = status_.source;
  entry.release = status_.release;
  entry.hash = content_hash_;
  entry.timings = status_.timings;
  return entry;
}

std::string RunningDeploy::staged_path() const {
  return around_.store.path() + "/staging/" + unpacked_->staging;
}

}  // namespace ops::deploy
