#include "supervisor/app_machine.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <map>

#include "app_life.hpp"
#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;
using Kind = AppEvent::Kind;
using Act = AppAction::Kind;
using Actions = AppLife::Actions;

AppAction launch() { return {.kind = Act::launch}; }
AppAction send(int signal) { return {.kind = Act::send, .value = signal}; }
AppAction kill_group() { return {.kind = Act::kill_group}; }
AppAction clear_group() { return {.kind = Act::clear_group}; }
AppAction kill_after(std::chrono::milliseconds delay) {
  return {.kind = Act::set_kill_timer, .delay = delay};
}
AppAction no_kill() { return {.kind = Act::stop_kill_timer}; }
AppAction wait(std::chrono::milliseconds delay) { return {.kind = Act::wait, .delay = delay}; }
AppAction fail_trial(TrialFailure failure, int status = 0) {
  return {.kind = Act::fail_trial, .value = status, .failure = failure};
}

AppRules with(RestartPolicy::When otherwise) { return {.restart = {.otherwise = otherwise}}; }

// A fresh life in each phase.
AppLife life_in(Phase phase) {
  AppLife life;
  if (phase == Phase::waiting) return life;
  life.happen(Kind::delay_over);
  if (phase == Phase::launching) return life;
  life.happen(Kind::launched);
  switch (phase) {
    case Phase::launching:
    case Phase::waiting:
    case Phase::starting:
      break;
    case Phase::running:
      life.happen(Kind::ready);
      break;
    case Phase::failing:
      life.happen(Kind::not_ready);
      break;
    case Phase::restarting:
      life.happen(Kind::restart_asked);
      break;
    case Phase::aborting:
      life.happen(Kind::ready);
      life.happen(Kind::watchdog_missed);
      break;
    case Phase::stopping:
      life.happen(Kind::signalled, SIGTERM);
      break;
    case Phase::clearing:
      life.happen(Kind::exited, 3);
      break;
    case Phase::ended:
      life.exit_and_clear(3);
      break;
  }
  return life;
}

constexpr std::array all_phases{
    Phase::launching, Phase::starting, Phase::running,  Phase::failing, Phase::restarting,
    Phase::aborting,  Phase::stopping, Phase::clearing, Phase::waiting, Phase::ended};
constexpr std::array all_events{Kind::launched,   Kind::launch_failed, Kind::launch_put_off,
                                Kind::ready,      Kind::not_ready,     Kind::exited,
                                Kind::cleared,    Kind::signalled,     Kind::kill_due,
                                Kind::delay_over, Kind::restart_asked, Kind::watchdog_missed,
                                Kind::extended};

}  // namespace

TEST_CASE("an app machine goes from each phase where each event leads, and nowhere else") {
  using P = Phase;
  // What is not listed stays where it is.
  const std::map<std::pair<Phase, Kind>, Phase> moves{
      {{P::launching, Kind::launched}, P::starting},
      {{P::launching, Kind::launch_failed}, P::ended},
      {{P::launching, Kind::launch_put_off}, P::ended},
      {{P::launching, Kind::signalled}, P::ended},
      {{P::starting, Kind::ready}, P::running},
      {{P::starting, Kind::not_ready}, P::failing},
      {{P::starting, Kind::exited}, P::clearing},
      {{P::starting, Kind::signalled}, P::stopping},
      {{P::starting, Kind::restart_asked}, P::restarting},
      {{P::running, Kind::exited}, P::clearing},
      {{P::running, Kind::signalled}, P::stopping},
      {{P::running, Kind::restart_asked}, P::restarting},
      {{P::running, Kind::watchdog_missed}, P::aborting},
      {{P::aborting, Kind::exited}, P::clearing},
      {{P::aborting, Kind::signalled}, P::stopping},
      {{P::failing, Kind::exited}, P::clearing},
      {{P::failing, Kind::signalled}, P::stopping},
      {{P::restarting, Kind::exited}, P::clearing},
      {{P::restarting, Kind::signalled}, P::stopping},
      {{P::stopping, Kind::exited}, P::clearing},
      {{P::clearing, Kind::cleared}, P::ended},
      {{P::waiting, Kind::signalled}, P::ended},
      {{P::waiting, Kind::delay_over}, P::launching},
      {{P::waiting, Kind::restart_asked}, P::launching},
  };
  for (const Phase phase : all_phases) {
    for (const Kind event : all_events) {
      INFO("phase " << static_cast<int>(phase) << ", event " << static_cast<int>(event));
      AppLife life = life_in(phase);
      REQUIRE(life.phase() == phase);
      life.happen(event, event == Kind::signalled ? SIGTERM : 1);
      const auto move = moves.find({phase, event});
      CHECK(life.phase() == (move == moves.end() ? phase : move->second));
    }
  }
}

TEST_CASE("events that come too late ask for nothing") {
  for (const Kind event : all_events) {
    CHECK(life_in(Phase::ended).happen(event, SIGTERM).empty());
  }
  for (const Phase phase : all_phases) {
    if (phase != Phase::launching) CHECK(life_in(phase).happen(Kind::launched).empty());
    if (phase != Phase::clearing) CHECK(life_in(phase).happen(Kind::cleared).empty());
    if (phase != Phase::starting) CHECK(life_in(phase).happen(Kind::not_ready).empty());
  }
  CHECK(life_in(Phase::running).happen(Kind::kill_due).empty());
  CHECK(life_in(Phase::starting).happen(Kind::delay_over).empty());
}

TEST_CASE("an app that ends is cleared away and its status handed on") {
  const int status = GENERATE(0, 1, 7, 100, 126, 127, 137, 255);
  AppLife life;
  CHECK(life.happen(Kind::delay_over) == Actions{launch()});
  CHECK(life.happen(Kind::launched) == Actions{{.kind = Act::watch_readiness}});
  CHECK(life.happen(Kind::exited, status) == Actions{clear_group(), kill_after(25s)});
  CHECK(life.happen(Kind::cleared) == Actions{no_kill(), end(status)});
}

TEST_CASE("an app that could not be started ends with what a shell says") {
  AppLife life;
  life.happen(Kind::delay_over);
  CHECK(life.happen(Kind::launch_failed, 127) == Actions{end(127)});
}

TEST_CASE("a restart code starts the app again, at once when it was ready") {
  AppLife life;
  life.start().happen(Kind::ready);
  CHECK(life.happen(Kind::exited, 99) == Actions{clear_group(), kill_after(2s)});
  CHECK(life.happen(Kind::cleared) == Actions{no_kill(), launch()});
}

TEST_CASE("a restart is immediate when the app ran for a second, and waits more and more if not") {
  AppLife life;
  life.start();
  life.pass_time(1s);
  CHECK(life.exit_and_clear(99) == Actions{no_kill(), launch()});
  for (const auto delay : {100ms, 200ms, 400ms}) {
    life.happen(Kind::launched);
    life.pass_time(999ms);
    CHECK(life.exit_and_clear(99) == Actions{no_kill(), wait(delay)});
    CHECK(life.happen(Kind::delay_over) == Actions{launch()});
  }
  life.happen(Kind::launched);
  life.happen(Kind::ready);
  CHECK(life.exit_and_clear(99) == Actions{no_kill(), launch()});
  life.happen(Kind::launched);
  CHECK(life.exit_and_clear(99) == Actions{no_kill(), wait(100ms)});
}

TEST_CASE(
    "an app that asks for a restart at once, each time, is started ten times in ten seconds") {
  AppLife life;
  int starts = 0;
  std::chrono::milliseconds time = 0ms;
  life.happen(Kind::delay_over);
  while (time <= 10s) {
    ++starts;
    life.happen(Kind::launched);
    const Actions actions = life.exit_and_clear(99);
    const auto delay = std::ranges::find(actions, Act::wait, &AppAction::kind);
    REQUIRE(delay != actions.end());
    life.pass_time(delay->delay);
    time += delay->delay;
    life.happen(Kind::delay_over);
  }
  CHECK(starts <= 10);
}

TEST_CASE("restart codes are those that were given") {
  AppLife other({.restart = {.codes = {3, 4}}});
  other.start().happen(Kind::ready);
  CHECK(other.exit_and_clear(4) == Actions{no_kill(), launch()});
  other.happen(Kind::launched);
  CHECK(other.exit_and_clear(99) == Actions{no_kill(), end(99)});
  AppLife none({.restart = {.codes = {}}});
  none.start();
  CHECK(none.exit_and_clear(99) == Actions{no_kill(), end(99)});
}

TEST_CASE("other ends are restarted as the policy says") {
  using When = RestartPolicy::When;
  const auto next_phase = [](When otherwise, int status) {
    AppLife life(with(otherwise));
    life.start().happen(Kind::ready);
    life.exit_and_clear(status);
    return life.phase();
  };
  CHECK(next_phase(When::never, 1) == Phase::ended);
  CHECK(next_phase(When::on_failure, 0) == Phase::ended);
  CHECK(next_phase(When::on_failure, 1) == Phase::launching);
  CHECK(next_phase(When::on_failure, 139) == Phase::launching);
  CHECK(next_phase(When::always, 0) == Phase::launching);
}

TEST_CASE("a program that cannot be started is tried again with a pause, if it is at all") {
  AppLife life({.restart = {.otherwise = RestartPolicy::When::always, .backoff = {0ms, 1, 0ms}}});
  life.happen(Kind::delay_over);
  CHECK(life.happen(Kind::launch_failed, 127) == Actions{wait(10ms)});
}

TEST_CASE("a start that may work a moment later is put off, but not the first one") {
  AppLife first;
  first.happen(Kind::delay_over);
  CHECK(first.happen(Kind::launch_put_off, 126) == Actions{end(126)});
  AppLife later;
  later.start().happen(Kind::ready);
  later.exit_and_clear(99);
  CHECK(later.happen(Kind::launch_put_off, 126) == Actions{wait(100ms)});
  CHECK(later.happen(Kind::signalled, SIGTERM) == Actions{end(0)});
}

TEST_CASE("TERM goes to the app once, and what it ends with then is handed on") {
  AppLife life;
  life.start();
  CHECK(life.happen(Kind::signalled, SIGTERM) ==
        Actions{send(SIGTERM), send(SIGCONT), kill_after(25s)});
  CHECK(life.happen(Kind::signalled, SIGTERM).empty());
  life.pass_time(5s);
  CHECK(life.happen(Kind::exited, 143) == Actions{clear_group(), kill_after(20s)});
  CHECK(life.happen(Kind::cleared) == Actions{no_kill(), end(143)});
}

TEST_CASE("an app that asks for a restart when it was told to stop ends with 0") {
  AppLife told_first;
  told_first.start().happen(Kind::signalled, SIGTERM);
  CHECK(told_first.exit_and_clear(99) == Actions{no_kill(), end(0)});
  // The two can come in either order.
  AppLife asked_first;
  asked_first.start().happen(Kind::exited, 99);
  CHECK(asked_first.happen(Kind::signalled, SIGTERM).empty());
  CHECK(asked_first.happen(Kind::cleared) == Actions{no_kill(), end(0)});
}

TEST_CASE("a second INT, or an INT after a TERM, kills at once") {
  for (const int first : {SIGTERM, SIGINT}) {
    AppLife life;
    life.start().happen(Kind::signalled, first);
    CHECK(life.happen(Kind::signalled, SIGINT) == Actions{kill_group()});
    CHECK(life.exit_and_clear(137) == Actions{no_kill(), end(137)});
  }
  AppLife clearing;
  clearing.start().happen(Kind::signalled, SIGTERM);
  clearing.happen(Kind::exited, 0);
  CHECK(clearing.happen(Kind::signalled, SIGINT) == Actions{kill_group()});
}

TEST_CASE("a TERM after an INT still goes to the app, once") {
  AppLife life;
  life.start().happen(Kind::signalled, SIGINT);
  CHECK(life.happen(Kind::signalled, SIGTERM) == Actions{send(SIGTERM), send(SIGCONT)});
  CHECK(life.happen(Kind::signalled, SIGTERM).empty());
}

TEST_CASE("the group is killed when the stop timeout is over, and never when it is 0") {
  AppLife life;
  life.start().happen(Kind::signalled, SIGTERM);
  CHECK(life.happen(Kind::kill_due) == Actions{kill_group()});
  AppLife patient({.stop_timeout = 0ms});
  patient.start();
  CHECK(patient.happen(Kind::signalled, SIGTERM) ==
        Actions{send(SIGTERM), send(SIGCONT), no_kill()});
  CHECK(patient.happen(Kind::exited, 0) == Actions{clear_group(), no_kill()});
}

TEST_CASE("the rest of a group has what is left of the stop timeout, at least a moment") {
  AppLife life;
  life.start().happen(Kind::signalled, SIGTERM);
  life.pass_time(30s);
  CHECK(life.happen(Kind::exited, 0) == Actions{clear_group(), kill_after(1ms)});
}

TEST_CASE("other signals go to the app and order nothing") {
  const int signal = GENERATE(SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH);
  for (const Phase phase : all_phases) {
    INFO("phase " << static_cast<int>(phase));
    AppLife life = life_in(phase);
    const bool runs = phase != Phase::launching && phase != Phase::waiting &&
                      phase != Phase::clearing && phase != Phase::ended;
    CHECK(life.happen(Kind::signalled, signal) == (runs ? Actions{send(signal)} : Actions{}));
    CHECK(life.phase() == phase);
  }
}

TEST_CASE("an order to stop while no app runs ends at once and starts nothing") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  AppLife before;
  CHECK(before.happen(Kind::signalled, signal) == Actions{end(128 + signal)});
  CHECK(before.happen(Kind::delay_over).empty());
  AppLife after_99;
  after_99.start();
  after_99.exit_and_clear(99);
  REQUIRE(after_99.phase() == Phase::waiting);
  CHECK(after_99.happen(Kind::signalled, signal) == Actions{end(0)});
  AppLife after_crash(with(RestartPolicy::When::always));
  after_crash.start();
  after_crash.exit_and_clear(7);
  CHECK(after_crash.happen(Kind::signalled, signal) == Actions{end(7)});
  CHECK(after_crash.happen(Kind::delay_over).empty());
}

TEST_CASE("an app that is not ready in time is told to end, and that is a failed start") {
  AppLife life;
  life.start();
  CHECK(life.happen(Kind::not_ready) == Actions{send(SIGTERM), send(SIGCONT), kill_after(25s)});
  CHECK(life.happen(Kind::ready).empty());
  CHECK(life.exit_and_clear(143) == Actions{no_kill(), end(143)});
  AppLife again(with(RestartPolicy::When::on_failure));
  again.start().happen(Kind::not_ready);
  again.exit_and_clear(0);
  CHECK(again.phase() == Phase::waiting);
}

TEST_CASE("an app that is told to end anyway gets no second TERM from outside") {
  for (const Phase phase : {Phase::failing, Phase::restarting}) {
    AppLife term = life_in(phase);
    CHECK(term.happen(Kind::signalled, SIGTERM).empty());
    CHECK(term.exit_and_clear(0) == Actions{no_kill(), end(0)});
    AppLife interrupt = life_in(phase);
    CHECK(interrupt.happen(Kind::signalled, SIGINT) == Actions{send(SIGINT), send(SIGCONT)});
    CHECK(interrupt.happen(Kind::signalled, SIGINT) == Actions{kill_group()});
  }
}

TEST_CASE("an app that asks for a restart by message is started again whatever it ends with") {
  AppLife life;
  life.start().happen(Kind::ready);
  CHECK(life.happen(Kind::restart_asked) == Actions{send(SIGTERM), send(SIGCONT), kill_after(25s)});
  CHECK(life.exit_and_clear(143) == Actions{no_kill(), launch()});
}

TEST_CASE("a release passes its trial when it is ready, and is like any other then") {
  AppLife life;
  life.start(Trial::first);
  CHECK(life.happen(Kind::ready) ==
        Actions{{.kind = Act::pass_trial}, {.kind = Act::begin_service}});
  CHECK(life.exit_and_clear(1) == Actions{no_kill(), end(1)});
}

TEST_CASE("a release that ends during its trial has failed, and the one before starts at once") {
  const int status = GENERATE(0, 1, 127, 137);
  AppLife life;
  life.start(Trial::first);
  CHECK(life.happen(Kind::exited, status) ==
        Actions{fail_trial(TrialFailure::exited, status), clear_group(), kill_after(2s)});
  CHECK(life.happen(Kind::cleared) == Actions{no_kill(), launch()});
  life.happen(Kind::launched);
  CHECK(life.exit_and_clear(4) == Actions{no_kill(), end(4)});
}

TEST_CASE("a release that cannot be started, or is not ready in time, has failed its trial") {
  AppLife unstartable;
  unstartable.happen(Kind::delay_over);
  CHECK(unstartable.happen(Kind::launch_failed, 127, Trial::first) ==
        Actions{fail_trial(TrialFailure::did_not_start), launch()});
  AppLife slow;
  slow.start(Trial::first);
  CHECK(slow.happen(Kind::not_ready) == Actions{fail_trial(TrialFailure::not_ready), send(SIGTERM),
                                                send(SIGCONT), kill_after(25s)});
  CHECK(slow.exit_and_clear(99) == Actions{no_kill(), launch()});
}

TEST_CASE("the fourth 99 in one trial is a failure, and a new release counts anew") {
  AppLife life;
  life.start(Trial::first);
  for (int restarts = 1; restarts <= 3; ++restarts) {
    life.exit_and_clear(99);
    REQUIRE(life.phase() == Phase::waiting);
    life.happen(Kind::delay_over);
    life.happen(Kind::launched, 0, Trial::again);
  }
  AppLife newer = life;
  CHECK(life.happen(Kind::exited, 99).front() == fail_trial(TrialFailure::restarted_too_often));
  CHECK(life.happen(Kind::cleared) == Actions{no_kill(), launch()});

  newer.happen(Kind::restart_asked);
  CHECK(newer.happen(Kind::exited, 0).front() == fail_trial(TrialFailure::restarted_too_often));
  newer.happen(Kind::cleared);
  newer.happen(Kind::launched, 0, Trial::first);
  newer.exit_and_clear(99);
  CHECK(newer.phase() == Phase::waiting);
}

TEST_CASE("an order to stop is no failure of a release on trial") {
  AppLife life;
  life.start(Trial::first).happen(Kind::signalled, SIGTERM);
  CHECK(life.happen(Kind::exited, 143) == Actions{clear_group(), kill_after(25s)});
  CHECK(life.happen(Kind::cleared) == Actions{no_kill(), end(143)});
}

TEST_CASE(
    "an app that gives no sign of life is aborted, killed when it is deaf, and started again") {
  AppLife life;
  life.start().happen(Kind::ready);
  CHECK(life.happen(Kind::watchdog_missed) ==
        Actions{send(SIGABRT), send(SIGCONT), kill_after(25s)});
  CHECK(life.happen(Kind::kill_due) == Actions{kill_group()});
  CHECK(life.exit_and_clear(137) == Actions{no_kill(), launch()});
  AppLife told_to_stop = life_in(Phase::aborting);
  CHECK(told_to_stop.happen(Kind::signalled, SIGTERM) == Actions{send(SIGTERM), send(SIGCONT)});
  CHECK(told_to_stop.exit_and_clear(134) == Actions{no_kill(), end(134)});
}

TEST_CASE("an app may ask for more time while it starts and while it ends") {
  const auto extended = [](Phase phase) {
    AppLife life = life_in(phase);
    return life.extend(7s);
  };
  CHECK(extended(Phase::starting) == Actions{{.kind = Act::extend_readiness, .delay = 7s}});
  for (const Phase phase : {Phase::failing, Phase::restarting, Phase::aborting, Phase::stopping}) {
    CHECK(extended(phase) == Actions{{.kind = Act::extend_kill_timer, .delay = 7s}});
  }
  for (const Phase phase : {Phase::launching, Phase::running, Phase::clearing, Phase::waiting}) {
    CHECK(extended(phase).empty());
  }
}

TEST_CASE("a death by signal is no restart code, whatever number a shell gives it") {
  AppLife life({.restart = {.codes = {137}}});
  life.start().happen(Kind::ready);
  life.happen({.kind = Kind::exited, .value = 137, .end = End::by_signal});
  CHECK(life.happen(Kind::cleared) == Actions{no_kill(), end(137)});
}

TEST_CASE(
    "what is in the way of another release is killed even where orders to stop take for ever") {
  AppLife life({.stop_timeout = 0ms});
  life.start(Trial::first);
  CHECK(life.happen(Kind::not_ready).back() == kill_after(25s));
  AppLife hung({.stop_timeout = 0ms});
  hung.start().happen(Kind::ready);
  CHECK(hung.happen(Kind::watchdog_missed).back() == kill_after(25s));
}

TEST_CASE("an app that was not ready in time asks for nothing any more") {
  AppLife life = life_in(Phase::failing);
  CHECK(life.exit_and_clear(99) == Actions{no_kill(), end(99)});
}

TEST_CASE("that nothing can be started now is no failure of a release on trial") {
  AppLife life;
  life.happen(Kind::delay_over);
  CHECK(life.happen(Kind::launch_put_off, 126, Trial::first) == Actions{end(126)});
}
