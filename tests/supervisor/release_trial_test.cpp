#include "supervisor/release_trial.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "catch.hpp"
#include "manual_clock.hpp"
#include "release/trial.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace ops::supervisor;
using ops::release::EventKind;
using ops::release::ReleaseStore;

/// A releases directory with an image, and the trial that a supervisor makes of it.
class Fixture {
 public:
  Fixture() {
    directory_.write("image/app", "image");
    trial_.emplace(
        ReleasesSpec{.directory = directory_.file("releases"), .image = directory_.file("image")},
        clock_, [this](const Event& event) { events_.push_back(event); });
  }

  ReleaseTrial& trial() { return *trial_; }

  ReleaseTrial::Turn next() {
    const auto turn = trial_->next();
    if (!turn.ok()) FAIL(turn.error().message);
    REQUIRE(turn->has_value());
    return **turn;
  }

  ReleaseStore store() {
    auto opened = ReleaseStore::open(directory_.file("releases"), clock_);
    REQUIRE(opened.ok());
    return std::move(*opened);
  }

  // As a deploy does.
  void deploy(const std::string& id) {
    directory_.write("releases/" + id + "/app", id);
    auto deployed = store();
    const auto lock = deployed.try_lock();
    REQUIRE((lock.ok() && lock->has_value()));
    REQUIRE(deployed
                .switch_to(**lock, id,
                           {.event = EventKind::switched, .release = id, .deploy = "d-" + id})
                .ok());
  }

  // A link is made there before it is put in its place: without it none can be.
  void take_staging_away() const {
    std::filesystem::remove_all(real("releases") + "/staging");
    directory_.write("releases/staging", "");
  }
  /// A release fails its trial, and `current` goes on pointing to it.
  void fail_without_link(const std::string& id) {
    static_cast<void>(next());
    deploy(id);
    static_cast<void>(next());
    take_staging_away();
    trial().fail("it failed");
  }
  void give_staging_back() const {
    std::filesystem::remove(real("releases") + "/staging");
    std::filesystem::create_directory(real("releases") + "/staging");
  }

  std::string current() { return *store().current(); }

  template <typename Kind>
  [[nodiscard]] const Kind* last() const {
    const auto found = std::find_if(events_.rbegin(), events_.rend(), [](const Event& event) {
      return std::holds_alternative<Kind>(event);
    });
    return found == events_.rend() ? nullptr : &std::get<Kind>(*found);
  }
  template <typename Kind>
  [[nodiscard]] auto count() const {
    return std::ranges::count_if(
        events_, [](const Event& event) { return std::holds_alternative<Kind>(event); });
  }
  [[nodiscard]] std::string real(const std::string& name) const {
    return std::filesystem::canonical(directory_.path() / name).string();
  }

 private:
  TemporaryDirectory directory_;
  ManualClock clock_;
  std::vector<Event> events_;
  std::optional<ReleaseTrial> trial_;
};

}  // namespace

TEST_CASE("the image is what runs first, and it is on no trial") {
  Fixture fixture;
  const auto turn = fixture.next();
  CHECK(turn.release == "image");
  CHECK(turn.directory == fixture.real("image"));
  CHECK(turn.trial == Trial::none);
  CHECK(fixture.trial().path() == fixture.real("releases"));
}

TEST_CASE("a new release runs on trial in its real directory, and is healthy once it has passed") {
  Fixture fixture;
  static_cast<void>(fixture.next());
  fixture.deploy("aaa");
  const auto turn = fixture.next();
  CHECK(turn.release == "aaa");
  CHECK(turn.directory == fixture.real("releases/aaa"));
  CHECK(turn.trial == Trial::first);
  CHECK(fixture.next().trial == Trial::again);
  fixture.trial().pass();
  REQUIRE(fixture.last<TrialPassed>() != nullptr);
  CHECK(fixture.last<TrialPassed>()->release == "aaa");
  CHECK(fixture.next().trial == Trial::none);
  CHECK(fixture.current() == "aaa");
}

TEST_CASE("while a release is on trial nobody else may change the releases") {
  Fixture fixture;
  static_cast<void>(fixture.next());
  fixture.deploy("aaa");
  static_cast<void>(fixture.next());
  auto store = fixture.store();
  CHECK_FALSE(store.try_lock()->has_value());
  REQUIRE(store.lock_holder().has_value());
  CHECK(store.lock_holder()->deploy == "d-aaa");
  CHECK(store.lock_holder()->phase == "starting");
  fixture.trial().pass();
  CHECK(store.try_lock()->has_value());
}

TEST_CASE("a release that fails is gone back from, and the reason is noted") {
  Fixture fixture;
  static_cast<void>(fixture.next());
  fixture.deploy("aaa");
  static_cast<void>(fixture.next());
  fixture.trial().fail("it ended with exit status 1 before it was ready");
  CHECK(fixture.current() == "image");
  REQUIRE(fixture.last<TrialFailed>() != nullptr);
  CHECK(fixture.last<TrialFailed>()->release == "aaa");
  CHECK(fixture.last<TrialFailed>()->back_to == "image");
  CHECK(fixture.next().release == "image");
  auto store = fixture.store();
  CHECK(store.try_lock()->has_value());
  const auto journal = store.journal().read();
  REQUIRE(journal.ok());
  const auto failed =
      std::ranges::find(*journal, EventKind::failed, &ops::release::JournalEntry::event);
  REQUIRE(failed != journal->end());
  CHECK(failed->reason == "it ended with exit status 1 before it was ready");
  CHECK(failed->deploy == "d-aaa");
}

TEST_CASE("a release that has failed before is not started again") {
  Fixture fixture;
  static_cast<void>(fixture.next());
  fixture.deploy("aaa");
  static_cast<void>(fixture.next());
  fixture.trial().fail("it failed");
  std::filesystem::remove(fixture.real("releases") + "/current");
  std::filesystem::create_symlink("aaa", fixture.real("releases") + "/current");
  const auto turn = fixture.next();
  CHECK(turn.release == "image");
  CHECK(turn.trial == Trial::none);
  CHECK(fixture.current() == "image");
  CHECK(fixture.store().try_lock()->has_value());
}

TEST_CASE(
    "where `current` cannot be changed, the one before is started, and the link follows later") {
  Fixture fixture;
  fixture.fail_without_link("aaa");
  CHECK(fixture.current() == "aaa");
  CHECK(fixture.next().release == "image");
  CHECK(fixture.next().release == "image");
  CHECK(fixture.count<TrialFailed>() == 1);
  CHECK(fixture.last<TrialFailed>()->back_to == "image");
  fixture.give_staging_back();
  CHECK(fixture.next().release == "image");
  CHECK(fixture.current() == "image");
  CHECK(fixture.count<TrialFailed>() == 1);
  CHECK(fixture.store().try_lock()->has_value());
  // The reason was noted once, and stays.
  const auto journal = fixture.store().journal().read();
  REQUIRE(journal.ok());
  CHECK(std::ranges::count(*journal, EventKind::failed, &ops::release::JournalEntry::event) == 1);
}

TEST_CASE("a release that is deployed after one that could not be gone back from is tried") {
  Fixture fixture;
  fixture.fail_without_link("aaa");
  fixture.give_staging_back();
  fixture.deploy("bbb");
  CHECK(fixture.next().release == "bbb");
  fixture.trial().pass();
  CHECK(fixture.next().release == "bbb");
}

TEST_CASE("a start that needs the lock waits for its holder, and says so once") {
  Fixture fixture;
  static_cast<void>(fixture.next());
  fixture.deploy("aaa");
  {
    auto other = fixture.store();
    auto held = other.try_lock();
    REQUIRE((held.ok() && held->has_value()));
    REQUIRE((*held)->describe("d-other", "building").ok());
    for (int i = 0; i < 3; ++i) {
      const auto turn = fixture.trial().next();
      REQUIRE(turn.ok());
      CHECK_FALSE(turn->has_value());
    }
    CHECK(fixture.count<AwaitingLock>() == 1);
    CHECK(fixture.last<AwaitingLock>()->deploy == "d-other");
  }
  CHECK(fixture.next().release == "aaa");
}

TEST_CASE("a `current` that is lost while the app runs is mended at the next start") {
  Fixture fixture;
  static_cast<void>(fixture.next());
  std::filesystem::remove(fixture.real("releases") + "/current");
  CHECK(fixture.next().release == "image");
  CHECK(fixture.current() == "image");
}

TEST_CASE("a releases directory that cannot be set up is an error that names it") {
  const TemporaryDirectory directory;
  directory.write("file", "");
  const ManualClock clock;
  ReleaseTrial trial({.directory = directory.file("file/releases"), .image = directory.path()},
                     clock, [](const Event&) {});
  const auto turn = trial.next();
  REQUIRE_FALSE(turn.ok());
  CHECK(turn.error().message.find("file/releases") != std::string::npos);
}
