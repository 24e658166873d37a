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

AppAction act(Act kind, Slot slot = Slot::serving) { return {.kind = kind, .slot = slot}; }
AppAction beside(Act kind) { return act(kind, Slot::beside); }
AppAction send(Slot slot, int signal) { return {.kind = Act::send, .slot = slot, .value = signal}; }
AppAction kill_after(Slot slot, std::chrono::milliseconds delay) {
  return {.kind = Act::set_kill_timer, .slot = slot, .delay = delay};
}

// One instance serves.
AppLife serving(RestartPolicy::When otherwise = RestartPolicy::When::never) {
  AppLife life({.restart = {.otherwise = otherwise}, .replacement = AppSpec::Replacement::overlap});
  life.start().happen(Kind::ready);
  return life;
}

// One serves, and there is another beside it.
AppLife life_with(Beside beside, Trial trial = Trial::none) {
  AppLife life = serving();
  if (beside == Beside::none) return life;
  life.happen(Kind::restart_asked);
  if (beside == Beside::launching) return life;
  life.happen(Kind::launched, 0, trial);
  if (beside == Beside::failing) life.happen_beside(Kind::not_ready);
  if (beside == Beside::draining) life.happen_beside(Kind::ready);
  if (beside == Beside::clearing) life.happen_beside(Kind::exited, 1);
  return life;
}

constexpr std::array all_besides{Beside::none,    Beside::launching, Beside::starting,
                                 Beside::failing, Beside::draining,  Beside::clearing};

}  // namespace

TEST_CASE("the instance beside goes from each state where each event leads, and nowhere else") {
  using B = Beside;
  const std::map<std::pair<Beside, Kind>, Beside> moves{
      {{B::launching, Kind::launched}, B::starting},
      {{B::launching, Kind::launch_failed}, B::none},
      {{B::launching, Kind::launch_put_off}, B::none},
      {{B::starting, Kind::ready}, B::draining},
      {{B::starting, Kind::not_ready}, B::failing},
      {{B::starting, Kind::exited}, B::clearing},
      {{B::failing, Kind::exited}, B::clearing},
      {{B::draining, Kind::exited}, B::clearing},
      {{B::clearing, Kind::cleared}, B::none},
  };
  constexpr std::array events{Kind::launched,      Kind::launch_failed, Kind::launch_put_off,
                              Kind::ready,         Kind::not_ready,     Kind::exited,
                              Kind::cleared,       Kind::kill_due,      Kind::watchdog_missed,
                              Kind::restart_asked, Kind::extended};
  for (const Beside from : all_besides) {
    for (const Kind event : events) {
      INFO("beside " << static_cast<int>(from) << ", event " << static_cast<int>(event));
      AppLife life = life_with(from);
      REQUIRE(life.beside() == from);
      life.happen_beside(event, 1);
      const auto move = moves.find({from, event});
      CHECK(life.beside() == (move == moves.end() ? from : move->second));
      CHECK(life.phase() == Phase::running);
    }
  }
}

TEST_CASE("the next instance starts beside the one that serves, and takes its place when ready") {
  AppLife life = serving();
  CHECK(life.happen(Kind::restart_asked) == Actions{beside(Act::launch)});
  CHECK(life.happen(Kind::launched) == Actions{beside(Act::watch_readiness)});
  CHECK(life.happen_beside(Kind::ready) ==
        Actions{act(Act::change_places), act(Act::begin_service), send(Slot::beside, SIGTERM),
                send(Slot::beside, SIGCONT), kill_after(Slot::beside, 25s)});
  // The old one drains as long as it needs to; its end is nobody's status.
  CHECK(life.happen_beside(Kind::exited, 3) ==
        Actions{beside(Act::clear_group), kill_after(Slot::beside, 2s)});
  CHECK(life.happen_beside(Kind::cleared) == Actions{beside(Act::stop_kill_timer)});
  CHECK(life.happen(Kind::exited, 4).size() == 2);
  CHECK(life.happen(Kind::cleared) == Actions{act(Act::stop_kill_timer), end(4)});
}

TEST_CASE("an old instance that does not drain in time is killed") {
  AppLife life = life_with(Beside::draining);
  CHECK(life.happen_beside(Kind::kill_due) == Actions{beside(Act::kill_group)});
}

TEST_CASE("a next instance that fails leaves the one that serves in peace") {
  SECTION("it cannot be started") {
    AppLife life = life_with(Beside::launching);
    CHECK(life.happen(Kind::launch_failed, 127) == Actions{beside(Act::give_up_place)});
  }
  SECTION("it crashes") {
    AppLife life = life_with(Beside::starting);
    CHECK(life.happen_beside(Kind::exited, 139) == Actions{beside(Act::give_up_place),
                                                           beside(Act::clear_group),
                                                           kill_after(Slot::beside, 2s)});
    // It is not tried again by itself.
    CHECK(life.happen_beside(Kind::cleared) == Actions{beside(Act::stop_kill_timer)});
  }
  SECTION("it is not ready in time") {
    AppLife life = life_with(Beside::starting);
    CHECK(life.happen_beside(Kind::not_ready) ==
          Actions{beside(Act::give_up_place), send(Slot::beside, SIGTERM),
                  send(Slot::beside, SIGCONT), kill_after(Slot::beside, 25s)});
    CHECK(life.happen_beside(Kind::kill_due) == Actions{beside(Act::kill_group)});
  }
}

TEST_CASE("a release that fails its trial beside another is gone back from") {
  AppLife crashed = life_with(Beside::starting, Trial::first);
  CHECK(crashed.happen_beside(Kind::exited, 1).front() ==
        AppAction{.kind = Act::fail_trial,
                  .slot = Slot::beside,
                  .value = 1,
                  .failure = TrialFailure::exited});
  AppLife slow = life_with(Beside::starting, Trial::first);
  CHECK(
      slow.happen_beside(Kind::not_ready).front() ==
      AppAction{.kind = Act::fail_trial, .slot = Slot::beside, .failure = TrialFailure::not_ready});
  AppLife passed = life_with(Beside::starting, Trial::first);
  CHECK(passed.happen_beside(Kind::ready).front() == beside(Act::pass_trial));
}

TEST_CASE("a next instance that asks to be started again is, three times") {
  AppLife life = life_with(Beside::starting);
  for (int restarts = 1; restarts <= 3; ++restarts) {
    life.happen_beside(Kind::exited, 99);
    CHECK(life.happen_beside(Kind::cleared) ==
          Actions{beside(Act::stop_kill_timer), beside(Act::launch)});
    life.happen(Kind::launched);
  }
  CHECK(life.happen_beside(Kind::exited, 99).front() == beside(Act::give_up_place));
  CHECK(life.happen_beside(Kind::cleared) == Actions{beside(Act::stop_kill_timer)});
}

TEST_CASE("restart requests that come together become one") {
  for (const Beside with : {Beside::launching, Beside::starting}) {
    CHECK(life_with(with).happen(Kind::restart_asked).empty());
  }
  // While an old one is on its way out there is no room for a third: the request waits.
  AppLife life = life_with(Beside::draining);
  CHECK(life.happen(Kind::restart_asked).empty());
  CHECK(life.happen(Kind::restart_asked).empty());
  life.happen_beside(Kind::exited, 0);
  CHECK(life.happen_beside(Kind::cleared) ==
        Actions{beside(Act::stop_kill_timer), beside(Act::launch)});
  life.happen(Kind::launched);
  life.happen_beside(Kind::ready);
  life.happen_beside(Kind::exited, 0);
  CHECK(life.happen_beside(Kind::cleared) == Actions{beside(Act::stop_kill_timer)});
}

TEST_CASE("a request for a newer release than the next instance has is another request") {
  for (const auto after : {Kind::ready, Kind::not_ready}) {
    AppLife life = life_with(Beside::starting);
    CHECK(life.ask_for_newer().empty());
    life.happen_beside(after);
    life.happen_beside(Kind::exited, 0);
    CHECK(life.happen_beside(Kind::cleared) ==
          Actions{beside(Act::stop_kill_timer), beside(Act::launch)});
  }
}

TEST_CASE("what an instance on its way out asks for is done once it has gone") {
  AppLife life = life_with(Beside::draining);
  CHECK(life.happen_beside(Kind::restart_asked).empty());
  life.happen_beside(Kind::exited, 0);
  CHECK(life.happen_beside(Kind::cleared) ==
        Actions{beside(Act::stop_kill_timer), beside(Act::launch)});
}

TEST_CASE("when the one that serves ends, the next one serves, ready or not") {
  const int status = GENERATE(0, 1, 99, 139);
  AppLife starting = life_with(Beside::starting);
  CHECK(starting.happen(Kind::exited, status) ==
        Actions{act(Act::change_places), beside(Act::clear_group), kill_after(Slot::beside, 2s)});
  CHECK(starting.phase() == Phase::starting);
  CHECK(starting.happen(Kind::ready) == Actions{act(Act::begin_service)});
  AppLife launching = life_with(Beside::launching);
  launching.happen(Kind::exited, status);
  CHECK(launching.phase() == Phase::launching);
  CHECK(launching.happen(Kind::launched) == Actions{act(Act::watch_readiness)});
}

TEST_CASE("an exit with 99 restarts as it does without overlap, old instances or not") {
  AppLife alone = serving();
  CHECK(alone.exit_and_clear(99) == Actions{act(Act::stop_kill_timer), act(Act::launch)});
  AppLife with_old = life_with(Beside::draining);
  CHECK(with_old.exit_and_clear(99) == Actions{act(Act::stop_kill_timer), act(Act::launch)});
  CHECK(with_old.happen(Kind::launched) == Actions{act(Act::watch_readiness)});
  CHECK(with_old.phase() == Phase::starting);
}

TEST_CASE("an order to stop goes to both, and the end waits for both") {
  const int order = GENERATE(SIGTERM, SIGINT);
  AppLife life = life_with(Beside::starting, Trial::first);
  CHECK(life.happen(Kind::signalled, order) ==
        Actions{send(Slot::beside, order), send(Slot::beside, SIGCONT),
                kill_after(Slot::beside, 25s), send(Slot::serving, order),
                send(Slot::serving, SIGCONT), kill_after(Slot::serving, 25s)});
  life.exit_and_clear(5);
  CHECK(life.phase() == Phase::clearing);
  CHECK(life.happen_beside(Kind::ready).empty());
  life.happen_beside(Kind::exited, 6);
  CHECK(life.happen_beside(Kind::cleared) == Actions{beside(Act::stop_kill_timer), end(5)});
}

TEST_CASE("an order to stop calls off a replacement that has not begun") {
  AppLife launching = life_with(Beside::launching);
  launching.happen(Kind::signalled, SIGTERM);
  CHECK(launching.happen(Kind::launched).empty());
  CHECK(launching.exit_and_clear(0) == Actions{act(Act::stop_kill_timer), end(0)});
  AppLife due = life_with(Beside::draining);
  due.happen(Kind::restart_asked);
  due.happen(Kind::signalled, SIGTERM);
  due.happen_beside(Kind::exited, 0);
  CHECK(due.happen_beside(Kind::cleared) == Actions{beside(Act::stop_kill_timer)});
}

TEST_CASE("a second INT kills both") {
  AppLife life = life_with(Beside::draining);
  life.happen(Kind::signalled, SIGINT);
  CHECK(life.happen(Kind::signalled, SIGINT) ==
        Actions{act(Act::kill_group), beside(Act::kill_group)});
  life.exit_and_clear(137);
  CHECK(life.happen(Kind::signalled, SIGINT) == Actions{beside(Act::kill_group)});
}

TEST_CASE("an order to stop in a backoff waits for an old instance that still drains") {
  AppLife life = life_with(Beside::draining);
  life.exit_and_clear(99);
  life.happen(Kind::launched);
  life.exit_and_clear(99);
  REQUIRE(life.phase() == Phase::waiting);
  CHECK(life.happen(Kind::signalled, SIGTERM).empty());
  life.happen_beside(Kind::exited, 0);
  CHECK(life.happen_beside(Kind::cleared) == Actions{beside(Act::stop_kill_timer), end(0)});
}

TEST_CASE("other signals go to the one that serves") {
  for (const Beside with : all_besides) {
    CHECK(life_with(with).happen(Kind::signalled, SIGHUP) == Actions{send(Slot::serving, SIGHUP)});
  }
}

TEST_CASE("a replacement that becomes ready while the old one is aborted takes over") {
  AppLife life = life_with(Beside::starting);
  life.happen(Kind::watchdog_missed);
  CHECK(life.happen_beside(Kind::ready) ==
        Actions{act(Act::change_places), act(Act::begin_service)});
  CHECK(life.beside() == Beside::draining);
  CHECK(life.happen_beside(Kind::kill_due) == Actions{beside(Act::kill_group)});
}

TEST_CASE("the instance beside may ask for more time, too") {
  CHECK(life_with(Beside::starting).extend(7s, Slot::beside) ==
        Actions{{.kind = Act::extend_readiness, .slot = Slot::beside, .delay = 7s}});
  CHECK(life_with(Beside::draining).extend(7s, Slot::beside) ==
        Actions{{.kind = Act::extend_kill_timer, .slot = Slot::beside, .delay = 7s}});
  CHECK(life_with(Beside::clearing).extend(7s, Slot::beside).empty());
}
