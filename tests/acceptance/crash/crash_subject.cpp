// The program that the crash rig breaks off: crash_subject PLACE JOB… does what server-runner and
// an app do to a releases directory, one job after the other, and says what it has acknowledged: a
// line on its standard output, written by one call. PLACE holds `image`, and `releases` and
// `shared` are made in it. Ends with 0, or with 1 and a last line "failed: …" that says why.

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/durable_file.hpp"
#include "base/log.hpp"
#include "deploy/deployer.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "release/release_store.hpp"
#include "release/trial.hpp"

namespace {

using ops::Error;
using ops::Result;
using ops::deploy::Accepted;
using ops::deploy::DeployState;
using ops::deploy::Refused;
using ops::deploy::UploadRequest;
using ops::release::ReleaseLock;
using ops::release::ReleaseStore;
using ops::release::TrialNeed;

constexpr std::chrono::seconds longest_job{60};
constexpr std::chrono::milliseconds between_looks{2};
constexpr std::size_t largest_input = std::size_t{64} << 20;

void say(const std::string& line) {
  static_cast<void>(ops::base::write_all(STDOUT_FILENO, line + "\n"));
}

Result<std::string> read_input(const std::string& path) {
  const std::filesystem::path file = path;
  const auto directory = ops::base::open_directory(file.parent_path());
  if (!directory) return directory.error();
  return ops::base::read_file(directory->get(), file.filename(), largest_input);
}

// What a client sends of which nothing is missing: no more than the record at the end.
std::string empty_zip() { return "PK\x05\x06" + std::string(18, '\0'); }

Result<ReleaseLock> take_lock(ReleaseStore& store) {
  auto lock = store.try_lock();
  if (!lock) return lock.error();
  if (!*lock) return Error{"cannot take the lock: another holds it"};
  return std::move(**lock);
}

/// What the app does: it takes deploys and rolls back.
class App {
 public:
  using Answer = Result<Accepted, Refused>;

  App(ReleaseStore& store, const ops::base::Clock& clock, ops::deploy::DeploySettings settings)
      : store_(store),
        limit_(loop_, [] { give_up(); }),
        deployer_(loop_, store, log_, clock, std::move(settings), [this] { switched(); }) {
    limit_.start(longest_job);
    deployer_.on_change([this] { loop_.stop(); });
  }
  App(const App&) = delete;
  App& operator=(const App&) = delete;
  ~App() = default;

  Result<void> deploy(const std::string& archive, UploadRequest request = {}) {
    const auto accepted = send(archive, std::move(request));
    return accepted ? follow(*accepted) : accepted.error();
  }

  Result<void> offer(const std::string& offered, const std::string& rest) {
    const auto asked = send(offered, {.body = UploadRequest::Body::offer});
    if (!asked) return asked.error();
    if (asked->state == DeployState::unchanged) return follow(*asked);
    return deploy(asked->missing.empty() ? empty_zip() : rest,
                  {.body = UploadRequest::Body::missing, .deploy = asked->deploy});
  }

  Result<void> roll_back(const std::string& to) {
    answer_.reset();
    deployer_.roll_back({.to = to, .by = "bot@rig"},
                        [this](const Answer& answer) { take(answer); });
    run_until([this] { return answer_.has_value(); });
    if (!*answer_) return Error{answer_->error().message};
    run_until([this] { return switched_; });
    return {};
  }

  /// Until what an earlier process left is gone.
  Result<void> settle() {
    ops::loop::Timer look(loop_, [this] { loop_.stop(); });
    look.start_repeating(between_looks);
    const std::string path = store_.path() + "/staging";
    run_until([&path] {
      std::error_code unknown;
      return std::filesystem::is_empty(path, unknown) && !unknown;
    });
    return {};
  }

 private:
  static void give_up() {
    say("failed: cannot do the job: it takes longer than " + std::to_string(longest_job.count()) +
        " s");
    std::_Exit(1);
  }

  template <typename Done>
  void run_until(const Done& done) {
    while (!done()) loop_.run();
  }

  void switched() {
    switched_ = true;
    say("switched");
    loop_.stop();
  }

  void take(const Answer& answer) {
    answer_ = answer;
    if (answer && answer->state != DeployState::receiving) {
      say("accepted " + answer->deploy + " " + std::string(name(answer->state)));
    }
    loop_.stop();
  }

  Result<Accepted> send(const std::string& body, UploadRequest request) {
    answer_.reset();
    request.by = "bot@rig";
    auto upload = deployer_.begin(std::move(request));
    if (!upload) return Error{upload.error().message};
    // Where it is refused, the end answers.
    static_cast<void>((*upload)->write(body));
    (*upload)->finish([this](const Answer& answer) { take(answer); });
    run_until([this] { return answer_.has_value(); });
    if (!*answer_) return Error{answer_->error().message};
    return **answer_;
  }

  Result<void> follow(const Accepted& accepted) {
    std::optional<ops::deploy::DeployStatus> status;
    run_until([&] {
      status = deployer_.status(accepted.deploy);
      return switched_ || !status || is_end(status->state);
    });
    if (switched_) return {};
    if (!status) return Error{"cannot follow the deploy: nobody knows it"};
    if (status->state != DeployState::unchanged) return Error{status->error.message};
    say("unchanged " + status->release);
    return settle();
  }

  ReleaseStore& store_;
  ops::base::Log log_{"subject", ops::base::Log::Format::text, ops::base::Log::Level::warning};
  ops::loop::Loop loop_;
  ops::loop::Timer limit_;
  bool switched_ = false;
  std::optional<Answer> answer_;
  ops::deploy::Deployer deployer_;
};

/// The jobs, by their names.
class Subject {
 public:
  explicit Subject(std::string place) : place_(std::move(place)) {}

  Result<void> run(const std::vector<std::string>& words) {
    for (std::size_t at = 0; at < words.size();) {
      const auto job = jobs_.find(words[at++]);
      if (job == jobs_.end()) return Error{"cannot do " + words[at - 1] + ": there is no such job"};
      if (words.size() - at < job->second.arguments) return Error{job->first + " wants more"};
      const std::vector<std::string> arguments(words.begin() + static_cast<std::ptrdiff_t>(at),
                                               words.end());
      at += job->second.arguments;
      if (auto done = job->second.run(arguments); !done) return done;
    }
    return {};
  }

 private:
  using Words = std::vector<std::string>;
  struct Job {
    std::size_t arguments;
    std::function<Result<void>(const Words&)> run;
  };

  [[nodiscard]] std::string releases() const { return place_ + "/releases"; }

  Result<ReleaseStore> open() { return ReleaseStore::open(releases(), clock_); }

  Result<ReleaseStore> set_up() {
    auto store = ReleaseStore::set_up(releases(), place_ + "/image", "", clock_);
    if (!store) return store;
    for (const std::string& repair : store->repaired()) say("warning: " + repair);
    return store;
  }

  Result<void> with_app(const std::function<Result<void>(App&)>& job) {
    auto store = open();
    if (!store) return store.error();
    App app(*store, clock_, settings_);
    return job(app);
  }

  // What server-runner does first, and then the app.
  Result<void> recover() {
    auto store = set_up();
    if (!store) return store.error();
    if (auto reverted = leave_what_failed(*store); !reverted) return reverted;
    App app(*store, clock_, settings_);
    return app.settle();
  }

  static Result<void> leave_what_failed(ReleaseStore& store) {
    const auto lock = take_lock(store);
    if (!lock) return lock.error();
    const auto history = store.history();
    const auto current = store.current();
    if (!history) return history.error();
    if (!current) return current.error();
    if (trial_need(*history, *current) != TrialNeed::revert) return {};
    const auto back = fail_trial(store, *lock, *current, "it failed its trial before");
    return back ? Result<void>() : back.error();
  }

  Result<void> judge(std::string_view verdict) {
    auto store = open();
    if (!store) return store.error();
    {
      const auto lock = take_lock(*store);
      if (!lock) return lock.error();
      const auto history = store->history();
      const auto current = store->current();
      if (!history) return history.error();
      if (!current) return current.error();
      if (trial_need(*history, *current) != TrialNeed::on_trial) return {};
      if (verdict == "failed") {
        const auto back = fail_trial(*store, *lock, *current, "the rig says so");
        if (!back) return back.error();
        say("went back to " + *back);
        return {};
      }
      if (auto passed = pass_trial(*store, *lock, *current); !passed) return passed;
      say("healthy " + *current);
    }
    return store->sweep();
  }

  Result<void> note_sign_ins(const std::string& count) {
    auto store = open();
    if (!store) return store.error();
    for (int n = std::atoi(count.c_str()); n > 0; --n) {
      ops::release::JournalEntry entry;
      entry.event = ops::release::EventKind::login_failed;
      entry.by = "somebody@nowhere";
      if (auto noted = store->journal().append(entry); !noted) return noted;
    }
    return {};
  }

  Result<void> compact() {
    auto store = open();
    if (!store) return store.error();
    const auto compacted = store->journal().compact(1);
    if (!compacted) return compacted.error();
    say(*compacted ? "compacted" : "not compacted");
    return {};
  }

  Result<void> deploy(const std::string& archive, UploadRequest request) {
    const auto body = read_input(archive);
    if (!body) return body.error();
    return with_app([&](App& app) { return app.deploy(*body, std::move(request)); });
  }

  Result<void> offer(const std::string& offered, const std::string& rest) {
    const auto text = read_input(offered);
    if (!text) return text.error();
    const auto body = read_input(rest);
    if (!body) return body.error();
    return with_app([&](App& app) { return app.offer(*text, *body); });
  }

  // The deploys that follow have all that a deploy may have.
  Result<void> with_build() {
    settings_.build_command = "mkdir built && cp message.txt built/copy.txt && echo built it";
    settings_.carry = {"kept*"};
    settings_.shared = {{"shared", place_ + "/shared"}};
    return {};
  }

  std::string place_;
  ops::base::SystemClock clock_;
  ops::deploy::DeploySettings settings_;
  const std::map<std::string, Job, std::less<>> jobs_ = {
      {"set-up",
       {0,
        [this](const Words&) {
          const auto store = set_up();
          return store ? Result<void>() : store.error();
        }}},
      {"recover", {0, [this](const Words&) { return recover(); }}},
      {"with-build", {0, [this](const Words&) { return with_build(); }}},
      {"deploy", {1, [this](const Words& words) { return deploy(words[0], {}); }}},
      {"force-deploy",
       {1, [this](const Words& words) { return deploy(words[0], {.force = true}); }}},
      {"offer", {2, [this](const Words& words) { return offer(words[0], words[1]); }}},
      {"judge", {1, [this](const Words& words) { return judge(words[0]); }}},
      {"roll-back",
       {1,
        [this](const Words& words) {
          return with_app([&](App& app) { return app.roll_back(words[0]); });
        }}},
      {"note-sign-ins", {1, [this](const Words& words) { return note_sign_ins(words[0]); }}},
      {"compact", {0, [this](const Words&) { return compact(); }}},
  };
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    say("usage: crash_subject PLACE JOB...");
    return 2;
  }
  Subject subject(argv[1]);
  const auto done = subject.run({argv + 2, argv + argc});
  if (done) return 0;
  say("failed: " + done.error().message);
  return 1;
}
