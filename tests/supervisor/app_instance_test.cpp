#include "supervisor/app_instance.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "subreaper.hpp"
#include "supervisor/orphan_reaper.hpp"

namespace {

using namespace std::chrono_literals;
using ops::base::UniqueFd;
using ops::loop::ChildSpec;
using ops::loop::Loop;
using ops::supervisor::AppEvent;
using ops::supervisor::AppInstance;
using ops::supervisor::Readiness;

/// An instance of a shell script, and what it has told so far.
struct HeardInstance {
  Subreaper subreaper;
  Loop loop;
  std::vector<std::string> events;
  std::function<void()> on_next;  // once
  std::unique_ptr<AppInstance> app;
  ops::supervisor::OrphanReaper orphans{loop,
                                        [this](pid_t pid) { return app && app->pid() == pid; }};

  explicit HeardInstance(const std::string& script, int output = -1) {
    auto started = AppInstance::start(
        loop,
        ChildSpec{.argv = {"/bin/sh", "-c", script},
                  .environment = {"PATH=/usr/bin:/bin"},
                  .output = output},
        {.generation = 1, .release = ""},
        [this](AppInstance& instance, AppEvent::Kind kind) { note(name(instance, kind)); });
    REQUIRE(started.ok());
    app = std::move(*started);
  }
  static std::string name(const AppInstance& instance, AppEvent::Kind kind) {
    switch (kind) {
      case AppEvent::Kind::ready:
        return "ready";
      case AppEvent::Kind::not_ready:
        return "not ready";
      case AppEvent::Kind::exited:
        return "exit " + std::to_string(instance.end()->status());
      case AppEvent::Kind::cleared:
        return "cleared";
      case AppEvent::Kind::watchdog_missed:
        return "watchdog missed";
      case AppEvent::Kind::kill_due:
        return "kill due";
      case AppEvent::Kind::launched:
      case AppEvent::Kind::launch_failed:
      case AppEvent::Kind::launch_put_off:
      case AppEvent::Kind::signalled:
      case AppEvent::Kind::delay_over:
      case AppEvent::Kind::restart_asked:
      case AppEvent::Kind::extended:
        break;
    }
    return "nothing that an instance tells";
  }
  void note(const std::string& event) {
    events.push_back(event);
    if (const auto act = std::exchange(on_next, {})) act();
    loop.stop();
  }
  std::string next() {
    const std::size_t before = events.size();
    loop.run();
    REQUIRE(events.size() == before + 1);
    return events.back();
  }
};

}  // namespace

TEST_CASE("an instance tells when it is ready, when it ends, and when its group is empty") {
  HeardInstance told("exec sleep 1000");
  told.app->watch_readiness({.settle = 1ms, .timeout = 10s});
  CHECK(told.next() == "ready");
  told.app->stop_watching_readiness();
  told.app->send(SIGTERM);
  CHECK(told.next() == "exit 143");
  told.app->clear_group();
  CHECK(told.events.back() == "cleared");
}

TEST_CASE("between the end of an instance that leaves nobody and its clearing nothing waits") {
  HeardInstance told("exit 6");
  CHECK(told.next() == "exit 6");
  // Not even the loop gets its turn.
  told.app->clear_group();
  CHECK(told.events.back() == "cleared");
}

TEST_CASE("an instance that is not ready in time tells so") {
  HeardInstance told("sleep 1000");
  told.app->watch_readiness({.sign = Readiness::Sign::notify, .timeout = 1ms});
  CHECK(told.next() == "not ready");
}

TEST_CASE("the rest of a group is told to end, and only then it is cleared") {
  HeardInstance told("sleep 1000 & exit 0");
  CHECK(told.next() == "exit 0");
  told.app->clear_group();
  CHECK(told.events.size() == 1);
  CHECK(told.next() == "cleared");
}

TEST_CASE("the rest of a group that does not end is killed") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  // The app ends once the other one is deaf to TERM.
  HeardInstance told("{ trap '' TERM; echo deaf; exec sleep 1000; } & wait", write_end.get());
  char byte = 0;
  REQUIRE(::read(read_end.get(), &byte, 1) == 1);
  told.app->send(SIGKILL);
  CHECK(told.next() == "exit 137");
  told.app->clear_group();
  CHECK(told.events.size() == 1);
  told.app->kill_group();
  CHECK(told.next() == "cleared");
}

TEST_CASE(
    "an instance that gives no sign of life in time tells so, and one that gives them does not") {
  HeardInstance told("exec sleep 1000");
  told.app->kill_deadline().start(200ms);
  told.app->watch_life(400ms);
  // A sign at a moment when the first interval is half over: the next one begins there. Given in
  // the deadline's own turn, so that it does not matter when this machine runs us.
  told.on_next = [&told] {
    told.app->sign_of_life();
    told.app->kill_deadline().start(300ms);
  };
  while (told.events.size() < 3) told.loop.run();
  CHECK(told.events == std::vector<std::string>{"kill due", "kill due", "watchdog missed"});
}

TEST_CASE("a deadline that is extended comes later, and never sooner") {
  HeardInstance told("exec sleep 1000");
  told.app->watch_readiness({.sign = Readiness::Sign::notify, .timeout = 200ms});
  told.app->kill_deadline().start(300ms);
  told.app->extend_readiness(10ms);
  told.app->extend_readiness(10s);
  CHECK(told.next() == "kill due");
  told.app->kill_deadline().extend(10s);  // it has passed: there is nothing to extend
}

TEST_CASE("an instance that is destroyed leaves nobody of its group") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  const bool has_ended = GENERATE(false, true);
  {
    HeardInstance told(has_ended ? "sleep 1000 & exit 0" : "sleep 1000 & wait", write_end.get());
    write_end.reset();
    if (has_ended) {
      CHECK(told.next() == "exit 0");
      told.app->clear_group();
    }
    told.app.reset();
  }
  // The pipe ends when the last that holds it is gone.
  char byte = 0;
  CHECK(::read(read_end.get(), &byte, 1) == 0);
}
