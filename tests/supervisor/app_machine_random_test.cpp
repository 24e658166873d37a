// Many thousand lives of an app, each with what happens in an order of its own, against what must
// hold in all of them.
#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <random>
#include <set>

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
  explicit World(unsigned seed) : dice_(seed), life_(rules(seed)) {}

  void live() {
    happen(Kind::delay_over);
    for (int step = 0; step < 200 && !ended_; ++step) {
      life_.pass_time(std::chrono::milliseconds(roll(1500)));
      roll(4) == 0 ? happen_out_of_order() : happen_in_order();
    }
    finish();
  }

 private:
  static AppRules rules(unsigned seed) {
    using When = RestartPolicy::When;
    constexpr std::array policies{When::never, When::on_failure, When::always};
    return {.restart = {.otherwise = policies[seed % policies.size()]},
            .stop_timeout = seed % 5 == 0 ? 0ms : 25'000ms};
  }

  unsigned roll(unsigned sides) {
    return std::uniform_int_distribution<unsigned>(0, sides - 1)(dice_);
  }
  int roll_signal() {
    constexpr std::array signals{SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    return signals[roll(signals.size())];
  }
  int roll_status() {
    constexpr std::array statuses{0, 1, 99, 99, 99, 137};
    return statuses[roll(statuses.size())];
  }
  Trial roll_trial() {
    if (roll(3) != 0) return Trial::none;
    return tried_ ? Trial::again : Trial::first;
  }

  // What the rest of the supervisor could tell at this point.
  void happen_in_order() {
    if (launching_) {
      roll(5) == 0 ? happen(Kind::launch_failed, 126, roll_trial())
                   : happen(Kind::launched, 0, roll_trial());
    } else if (app_runs_ && roll(2) == 0) {
      happen(Kind::ready);
    } else if (app_runs_) {
      happen(Kind::exited, roll_status());
    } else if (clearing_) {
      happen(Kind::cleared);
    } else {
      happen(Kind::delay_over);
    }
  }

  // What comes from outside, or from a timer that fires late.
  void happen_out_of_order() {
    constexpr std::array kinds{Kind::ready, Kind::not_ready, Kind::kill_due, Kind::delay_over,
                               Kind::restart_asked};
    roll(2) == 0 ? happen(kinds[roll(kinds.size())]) : happen(Kind::signalled, roll_signal());
  }

  // Told to stop for good, every life comes to its end.
  void finish() {
    for (int step = 0; step < 10 && !ended_; ++step) {
      happen(Kind::signalled, SIGTERM);
      if (app_runs_) happen(Kind::exited, roll_status());
      if (clearing_) happen(Kind::cleared);
    }
    CHECK(ended_);
  }

  void happen(Kind kind, int value = 0, Trial trial = Trial::none) {
    note(kind, value, trial);
    for (const AppAction& action : life_.happen(kind, value, trial)) check(action);
  }

  void note(Kind kind, int value, Trial trial) {
    if (kind == Kind::launched) {
      launching_ = false;
      app_runs_ = true;
      terms_ = 0;
      on_trial_ = trial != Trial::none;
    } else if (kind == Kind::launch_failed) {
      launching_ = false;
      possible_ends_.insert(value);
      on_trial_ = trial != Trial::none;
    } else if (kind == Kind::exited) {
      app_runs_ = false;
      clearing_ = true;
      possible_ends_.insert(value);
      tried_ = on_trial_;
    } else if (kind == Kind::cleared) {
      clearing_ = false;
    } else if (kind == Kind::signalled && (value == SIGTERM || value == SIGINT) && !ended_) {
      stop_ordered_ = true;
      if (possible_ends_.empty() && !app_runs_) possible_ends_.insert(128 + value);
    }
  }

  void check(const AppAction& action) {
    REQUIRE_FALSE(ended_);
    switch (action.kind) {
      case Act::launch:
        REQUIRE_FALSE(stop_ordered_);
        REQUIRE_FALSE(app_runs_);
        REQUIRE_FALSE(clearing_);
        REQUIRE_FALSE(launching_);
        launching_ = true;
        break;
      case Act::send:
        REQUIRE(app_runs_);
        if (action.value == SIGTERM) REQUIRE(++terms_ == 1);
        break;
      case Act::kill_group:
        REQUIRE((app_runs_ || clearing_));
        break;
      case Act::clear_group:
        REQUIRE(clearing_);
        break;
      case Act::watch_readiness:
        REQUIRE(app_runs_);
        break;
      case Act::pass_trial:
        REQUIRE(app_runs_);
        [[fallthrough]];
      case Act::fail_trial:
        REQUIRE(on_trial_);
        on_trial_ = false;
        tried_ = false;
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
        ended_ = true;
        REQUIRE_FALSE(app_runs_);
        REQUIRE_FALSE(clearing_);
        REQUIRE((possible_ends_.contains(action.value) ||
                 (action.value == 0 && stop_ordered_ && possible_ends_.contains(99))));
        break;
    }
  }

  std::mt19937 dice_;
  AppLife life_;
  bool launching_ = false;
  bool app_runs_ = false;
  bool clearing_ = false;
  bool stop_ordered_ = false;
  bool ended_ = false;
  bool on_trial_ = false;
  bool tried_ = false;
  int terms_ = 0;
  std::set<int> possible_ends_;
};

}  // namespace

TEST_CASE(
    "whatever happens in whatever order: one app at most, none after a stop, no made-up end") {
  for (unsigned seed = 1; seed <= 5000; ++seed) {
    INFO("seed " << seed);
    World(seed).live();
  }
}
