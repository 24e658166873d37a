// Many thousand lives of an app, each with what happens in an order of its own, against what must
// hold in all of them.
#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "app_life.hpp"
#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;
using Kind = AppEvent::Kind;
using Act = AppAction::Kind;

/// The world around a machine: it knows what can happen, and what must not be asked for.
class World {
 public:
  explicit World(unsigned seed)
      : overlaps_(seed % 2 == 0), dice_(seed), life_(rules(seed, overlaps_)) {}

  void live() {
    happen({.kind = Kind::delay_over});
    for (int step = 0; step < 200 && !ended_; ++step) {
      life_.pass_time(std::chrono::milliseconds(roll(1500)));
      roll(4) == 0 ? happen_out_of_order() : happen_in_order();
    }
    finish();
  }

 private:
  // One process of the app, as the kernel has it.
  struct Instance {
    bool runs = false;
    bool clearing = false;
    bool on_trial = false;
    int terms = 0;
  };

  static AppRules rules(unsigned seed, bool overlaps) {
    using When = RestartPolicy::When;
    constexpr std::array policies{When::never, When::on_failure, When::always};
    return {
        .restart = {.otherwise = policies[seed % policies.size()]},
        .stop_timeout = seed % 5 == 0 ? 0ms : 25'000ms,
        .replacement = overlaps ? AppSpec::Replacement::overlap : AppSpec::Replacement::stop_first};
  }

  unsigned roll(unsigned sides) {
    return std::uniform_int_distribution<unsigned>(0, sides - 1)(dice_);
  }
  Slot roll_slot() { return roll(2) == 0 ? Slot::serving : Slot::beside; }
  int roll_signal() {
    constexpr std::array signals{SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    return signals[roll(signals.size())];
  }
  int roll_status() {
    constexpr std::array statuses{0, 1, 99, 99, 99, 137};
    return statuses[roll(statuses.size())];
  }
  Trial roll_trial() {
    // One release at a time is on trial: whoever tries holds the lock.
    if (roll(3) != 0 || is_on_trial()) return Trial::none;
    return tried_ ? Trial::again : Trial::first;
  }
  [[nodiscard]] bool is_on_trial() const {
    return std::ranges::any_of(instances_, &Instance::on_trial);
  }
  Instance& at(Slot slot) { return instances_[slot == Slot::serving ? 0 : 1]; }

  // What the rest of the supervisor could tell at this point.
  void happen_in_order() {
    const Slot slot = roll_slot();
    if (launching_ && roll(2) == 0) {
      happen({.kind = roll(5) == 0 ? Kind::launch_failed : Kind::launched,
              .value = 126,
              .trial = roll_trial()});
    } else if (at(slot).runs && roll(2) == 0) {
      happen({.kind = Kind::ready, .slot = slot});
    } else if (at(slot).runs) {
      happen({.kind = Kind::exited, .slot = slot, .value = roll_status()});
    } else if (at(slot).clearing) {
      happen({.kind = Kind::cleared, .slot = slot});
    } else {
      happen({.kind = Kind::delay_over});
    }
  }

  // What comes from outside, or from a timer that fires late.
  void happen_out_of_order() {
    constexpr std::array kinds{Kind::ready,         Kind::not_ready,       Kind::kill_due,
                               Kind::restart_asked, Kind::watchdog_missed, Kind::extended};
    if (roll(2) == 0) {
      happen({.kind = kinds[roll(kinds.size())], .slot = roll_slot(), .delay = 5s});
    } else {
      happen({.kind = Kind::signalled, .value = roll_signal()});
    }
  }

  // Told to stop for good, every life comes to its end.
  void finish() {
    for (int step = 0; step < 10 && !ended_; ++step) {
      happen({.kind = Kind::signalled, .value = SIGTERM});
      for (const Slot slot : {Slot::serving, Slot::beside}) {
        if (at(slot).runs) happen({.kind = Kind::exited, .slot = slot, .value = roll_status()});
        if (at(slot).clearing) happen({.kind = Kind::cleared, .slot = slot});
      }
    }
    CHECK(ended_);
  }

  void happen(const AppEvent& event) {
    note(event);
    for (const AppAction& action : life_.happen(event)) check(action);
  }

  void note(const AppEvent& event) {
    if (event.kind == Kind::launched) {
      at(*launching_) = {.runs = true, .on_trial = event.trial != Trial::none};
      launching_.reset();
    } else if (event.kind == Kind::launch_failed) {
      possible_ends_.insert(event.value);
      at(*launching_).on_trial = event.trial != Trial::none;
      launching_.reset();
    } else if (event.kind == Kind::exited) {
      Instance& instance = at(event.slot);
      instance.runs = false;
      instance.clearing = true;
      possible_ends_.insert(event.value);
      tried_ = instance.on_trial;
    } else if (event.kind == Kind::cleared) {
      at(event.slot) = {};
    } else if (event.kind == Kind::signalled && !ended_ &&
               (event.value == SIGTERM || event.value == SIGINT)) {
      stop_ordered_ = true;
      launching_.reset();  // a launch that has not come about is called off
      if (possible_ends_.empty() && !at(Slot::serving).runs) {
        possible_ends_.insert(128 + event.value);
      }
    }
  }

  void check(const AppAction& action) {
    REQUIRE_FALSE(ended_);
    Instance& instance = at(action.slot);
    switch (action.kind) {
      case Act::launch:
        REQUIRE_FALSE(stop_ordered_);
        REQUIRE_FALSE(launching_);
        REQUIRE_FALSE(instance.runs);
        REQUIRE_FALSE(instance.clearing);
        REQUIRE((action.slot == Slot::serving || (overlaps_ && at(Slot::serving).runs)));
        launching_ = action.slot;
        break;
      case Act::send:
        REQUIRE(instance.runs);
        if (action.value == SIGTERM) REQUIRE(++instance.terms == 1);
        break;
      case Act::kill_group:
        REQUIRE((instance.runs || instance.clearing));
        break;
      case Act::clear_group:
        REQUIRE(instance.clearing);
        break;
      case Act::watch_readiness:
      case Act::begin_service:
      case Act::extend_readiness:
      case Act::extend_kill_timer:
        REQUIRE(instance.runs);
        break;
      case Act::pass_trial:
        REQUIRE(instance.runs);
        [[fallthrough]];
      case Act::fail_trial:
        REQUIRE(instance.on_trial);
        instance.on_trial = false;
        tried_ = false;
        break;
      case Act::change_places:
        REQUIRE(overlaps_);
        std::swap(instances_[0], instances_[1]);
        if (launching_) launching_ = Slot::serving;
        break;
      case Act::give_up_place:
        REQUIRE(action.slot == Slot::beside);
        REQUIRE(at(Slot::serving).runs);
        break;
      case Act::wait:
        REQUIRE(action.delay > 0ms);
        REQUIRE_FALSE(stop_ordered_);
        break;
      case Act::set_kill_timer:
        REQUIRE(action.delay > 0ms);
        break;
      case Act::stop_kill_timer:
        break;
      case Act::end:
        check_end(action.value);
        break;
    }
  }

  void check_end(int status) {
    ended_ = true;
    for (const Instance& instance : instances_) {
      REQUIRE_FALSE(instance.runs);
      REQUIRE_FALSE(instance.clearing);
    }
    REQUIRE((possible_ends_.contains(status) ||
             (status == 0 && stop_ordered_ && possible_ends_.contains(99))));
  }

  const bool overlaps_;
  std::mt19937 dice_;
  AppLife life_;
  std::array<Instance, 2> instances_;
  std::optional<Slot> launching_;
  bool stop_ordered_ = false;
  bool ended_ = false;
  bool tried_ = false;
  std::set<int> possible_ends_;
};

}  // namespace

TEST_CASE(
    "whatever happens in whatever order: one app at most, two with overlap, none after a stop, no "
    "made-up end") {
  for (unsigned seed = 1; seed <= 10'000; ++seed) {
    INFO("seed " << seed);
    World(seed).live();
  }
}
