#pragma once

#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "catch.hpp"
#include "deploy/deployer.hpp"
#include "loop/timer.hpp"
#include "release/trial.hpp"
#include "temporary_directory.hpp"
#include "zip_bytes.hpp"

/// An app that takes deploys, with a releases directory of its own, and the supervisor's part as
/// far as a test needs it.
class DeployingApp {
 public:
  using Outcome = ops::Result<ops::deploy::Accepted, ops::deploy::Refused>;

  DeployingApp() : limit_(loop_, [this] { out_of_time(); }) {
    place_.write("image-files/message.txt", "image");
    auto store = ops::release::ReleaseStore::set_up(path(), place_.file("image-files"), "", clock_);
    REQUIRE(store.ok());
    store_.emplace(std::move(store).value());
    limit_.start(std::chrono::seconds(30));
    start();
  }
  DeployingApp(const DeployingApp&) = delete;
  DeployingApp& operator=(const DeployingApp&) = delete;
  ~DeployingApp() = default;

  ops::deploy::DeploySettings settings = {};

  /// The app's process starts; ends.
  void start() {
    switched_ = 0;
    deployer_ = std::make_unique<ops::deploy::Deployer>(loop_, *store_, log_, clock_, settings,
                                                        [this] { on_switched(); });
    deployer_->on_change([this] { loop_.stop(); });
  }
  void end() { deployer_.reset(); }
  void restart() {
    end();
    start();
  }

  ops::deploy::Deployer& deployer() { return *deployer_; }
  ops::release::ReleaseStore& store() { return *store_; }
  ops::loop::Loop& loop() { return loop_; }
  const TemporaryDirectory& place() { return place_; }
  [[nodiscard]] std::string path() const { return place_.file("releases"); }
  [[nodiscard]] std::string file(const std::string& name) const { return path() + '/' + name; }
  [[nodiscard]] int switched() const { return switched_; }

  template <typename Done>
  void run_until(const Done& done) {
    while (!done()) {
      REQUIRE_FALSE(out_of_time_);
      loop_.run();
    }
  }

  /// For what nobody tells of.
  template <typename Done>
  void wait_until(const Done& done) {
    ops::loop::Timer look(loop_, [this] { loop_.stop(); });
    look.start_repeating(std::chrono::milliseconds(5));
    run_until(done);
  }

  /// Offers files as a client does that has them all, or says how they differ.
  Outcome offer(const std::string& offer, ops::deploy::UploadRequest request = {}) {
    request.body = ops::deploy::UploadRequest::Body::offer;
    return send(offer, std::move(request));
  }
  /// Sends files that were missing.
  Outcome send_rest(const std::string& deploy, const Files& files) {
    return send(zip_bytes(files),
                {.body = ops::deploy::UploadRequest::Body::missing, .deploy = deploy});
  }
  /// Sends a body and waits for the answer to it.
  Outcome send(const std::string& body, ops::deploy::UploadRequest request = {}) {
    if (request.by.empty()) request.by = "bot@laptop";
    auto upload = deployer_->begin(std::move(request));
    if (!upload) return upload.error();
    if (const auto written = (*upload)->write(body); !written) {
      upload->reset();
      run_until([this] { return !store_->lock_holder(); });
      return written.error();
    }
    return finish(std::move(upload).value());
  }
  Outcome finish(std::unique_ptr<ops::deploy::Upload> upload) {
    answer_.reset();
    upload->finish([this](const Outcome& outcome) { take_answer(outcome); });
    upload.reset();
    run_until([this] { return answer_.has_value(); });
    return *answer_;
  }
  Outcome roll_back(const std::string& to) {
    answer_.reset();
    deployer_->roll_back({.to = to, .by = "bot@laptop"},
                         [this](const Outcome& outcome) { take_answer(outcome); });
    run_until([this] { return answer_.has_value(); });
    return *answer_;
  }

  /// Sends files and waits until the deploy has switched or ended; its id.
  std::string deploy(const Files& files) {
    const Outcome outcome = send(zip_bytes(files));
    INFO((outcome ? "" : outcome.error().message));
    REQUIRE(outcome.ok());
    settle(outcome->deploy);
    return outcome->deploy;
  }
  void settle(const std::string& deploy) {
    run_until([this, &deploy] {
      return switched_ > 0 || ops::deploy::is_end(deployer_->status(deploy)->state);
    });
  }

  /// The app exits with the restart code; the supervisor judges the new release, in a new process.
  void pass() {
    end();
    {
      const auto held = lock();
      REQUIRE(ops::release::pass_trial(*store_, held, *store_->current()).ok());
    }
    start();
  }
  void fail(const std::string& reason) {
    end();
    {
      const auto held = lock();
      REQUIRE(ops::release::fail_trial(*store_, held, *store_->current(), reason).ok());
    }
    start();
  }
  /// Deployed and found healthy; the release's id.
  std::string serve(const Files& files) {
    deploy(files);
    REQUIRE(switched_ == 1);
    pass();
    return *store_->current();
  }

  ops::release::ReleaseLock lock() {
    auto held = store_->try_lock();
    REQUIRE(held.ok());
    REQUIRE(held->has_value());
    return std::move(**held);
  }
  ops::deploy::DeployStatus status(const std::string& deploy) {
    const auto status = deployer_->status(deploy);
    REQUIRE(status);
    return *status;
  }
  [[nodiscard]] std::string served() const { return place_.read("releases/current/message.txt"); }
  /// What was given up does not count: it is swept away in the background.
  [[nodiscard]] bool staging_is_empty() const { return !store_->has_staged(); }
  [[nodiscard]] std::string log() const { return place_.read("app.log"); }
  /// Waits for the first line that the build prints, which is a process id.
  std::string printed_pid(const std::string& deploy) {
    run_until([&] { return !deployer_->events(deploy, 0).empty(); });
    const std::string line = deployer_->events(deploy, 0).front().json;
    const std::string pid = line.substr(line.find_first_of("0123456789"));
    return pid.substr(0, pid.find('"'));
  }
  ops::release::JournalEntry last_line() {
    const auto entries = store_->journal().read();
    REQUIRE(entries.ok());
    REQUIRE_FALSE(entries->empty());
    return entries->back();
  }
  /// What serves and what it could go back to: links, and all files of all releases.
  std::string releases_as_they_are() {
    const auto root = ops::base::open_directory(path());
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      const std::string name = entry.path().filename();
      if (entry.is_symlink()) {
        all += name + " -> " + std::filesystem::read_symlink(entry.path()).string() + "\n";
      } else if (entry.is_directory() && name != "logs" && name != "staging") {
        const auto tree = ops::base::open_directory(entry.path());
        all += name + " " + ops::release::read_manifest(tree->get())->content_hash() + "\n";
      }
    }
    return all;
  }

 private:
  void on_switched() {
    ++switched_;
    loop_.stop();
  }
  void take_answer(const Outcome& outcome) {
    answer_ = outcome;
    loop_.stop();
  }
  void out_of_time() {
    out_of_time_ = true;
    loop_.stop();
  }

  TemporaryDirectory place_;
  ops::base::SystemClock clock_;
  ops::base::UniqueFd log_file_{
      ::open(place_.file("app.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  ops::base::Log log_{"test", ops::base::Log::Format::text, ops::base::Log::Level::debug,
                      log_file_.get()};
  ops::loop::Loop loop_;
  std::optional<ops::release::ReleaseStore> store_;
  ops::loop::Timer limit_;
  bool out_of_time_ = false;
  int switched_ = 0;
  std::optional<Outcome> answer_;
  std::unique_ptr<ops::deploy::Deployer> deployer_;
};
