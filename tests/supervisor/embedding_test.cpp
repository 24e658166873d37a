// The supervisor inside a program that has a loop, signals and children of its own.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "open_descriptors.hpp"
#include "ops/supervisor/supervisor.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;

AppSpec shell(const std::string& script) {
  return {.command = {"/bin/sh", "-c", script},
          .environment = {"PATH=/usr/bin:/bin"},
          .readiness = {.settle = 0ms},
          .restart = {.backoff = {0ms, 1, 0ms}}};
}

bool is_alive(long pid) { return ::kill(static_cast<pid_t>(pid), 0) == 0; }

/// A host's loop: poll() over its supervisors, until `done`.
void serve(const std::vector<Supervisor*>& supervisors, const std::function<bool()>& done) {
  while (!done()) {
    std::vector<pollfd> watched;
    for (const Supervisor* each : supervisors) watched.push_back({each->descriptor(), POLLIN, 0});
    REQUIRE(::poll(watched.data(), watched.size(), 20'000) > 0);
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents != 0) supervisors[i]->serve();
    }
  }
}

/// The dispositions of all signals of this process.
std::vector<std::pair<void*, int>> dispositions() {
  std::vector<std::pair<void*, int>> all;
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction present {};
    ::sigaction(signal, nullptr, &present);
    all.emplace_back(reinterpret_cast<void*>(present.sa_handler), present.sa_flags);
  }
  return all;
}

/// An app that gets into that state, or stays in it once it is ordered there.
AppSpec spec_for(Status::State state) {
  using State = Status::State;
  AppSpec spec = shell("trap '' TERM; sleep 1000 & wait");
  if (state == State::ended) spec = shell("exit 0");
  if (state == State::waiting) spec = shell("exit 99");
  if (state == State::waiting) spec.restart.backoff = {10min, 1, 10min};
  if (state == State::starting || state == State::waiting) spec.readiness.settle = 10min;
  if (state == State::reloading) {
    spec.command.back() = OPS_TELL " READY=1; " OPS_TELL " RELOADING=1; sleep 1000 & wait";
    spec.readiness = {.sign = Readiness::Sign::notify};
  }
  if (state == State::replacing) {
    // The second instance never gets ready.
    spec.command.back() =
        "[ $OPS_RESTART_COUNT = 0 ] && " OPS_TELL " READY=1; trap '' TERM; sleep 1000 & wait";
    spec.readiness = {.sign = Readiness::Sign::notify};
    spec.replacement = AppSpec::Replacement::overlap;
    spec.listeners = {{.address = "127.0.0.1:0"}};
  }
  return spec;
}

template <typename Kind>
bool is(const Event& event) {
  return std::holds_alternative<Kind>(event);
}

}  // namespace

TEST_CASE("a host's loop has one descriptor to watch, for the app and for time") {
  // The restarts are delayed: only a timer makes them happen.
  AppSpec spec = shell("[ $OPS_RESTART_COUNT = 2 ] && exit 3; exit 99");
  spec.restart.backoff = {10ms, 1, 10ms};
  spec.readiness.settle = 10s;
  int starts = 0;
  Supervisor supervisor(spec, [&](const Event& event) { starts += is<Started>(event) ? 1 : 0; });
  CHECK_FALSE(supervisor.exit_status());
  supervisor.start();
  serve({&supervisor}, [&] { return supervisor.exit_status().has_value(); });
  CHECK(supervisor.exit_status() == 3);
  CHECK(starts == 3);
}

TEST_CASE("two supervisors live in one loop") {
  Supervisor left(shell("exec sleep 1000"));
  Supervisor right(shell("exec sleep 1000"));
  left.start();
  right.start();
  const auto runs = [](const Supervisor& each) {
    return each.status().state == Status::State::running;
  };
  serve({&left, &right}, [&] { return runs(left) && runs(right); });
  CHECK(left.status().pid != right.status().pid);
  left.stop();
  serve({&left, &right}, [&] { return left.exit_status().has_value(); });
  CHECK(left.exit_status() == 143);
  CHECK(runs(right));
  CHECK(is_alive(right.status().pid));
}

TEST_CASE("one supervisor a thread needs nothing of the others") {
  std::array<int, 4> statuses{};
  std::vector<std::thread> threads;
  for (int& status : statuses) {
    threads.emplace_back([&status, code = static_cast<int>(&status - statuses.data())] {
      const std::string exit = "exit " + std::to_string(10 + code);
      status = Supervisor(shell("[ $OPS_RESTART_COUNT = 3 ] && " + exit + "; exit 99")).run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(statuses == std::array{10, 11, 12, 13});
}

TEST_CASE("a host's signal handlers and children are left alone") {
  const auto before = dispositions();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(23);
  REQUIRE(child > 0);
  {
    Supervisor supervisor(shell("exit 5"));
    CHECK(supervisor.run() == 5);
    CHECK(dispositions() == before);
  }
  CHECK(dispositions() == before);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 23);
}

TEST_CASE("an app outlives the thread that started it") {
  std::unique_ptr<Supervisor> supervisor;
  std::thread starts([&] {
    supervisor = std::make_unique<Supervisor>(shell("exec sleep 1000"));
    supervisor->start();
  });
  starts.join();
  serve({supervisor.get()}, [&] { return supervisor->status().state == Status::State::running; });
  CHECK(is_alive(supervisor->status().pid));
}

TEST_CASE("a supervisor that is destroyed in any state leaves neither process nor descriptor") {
  using State = Status::State;
  const State state = GENERATE(State::starting, State::running, State::waiting, State::stopping,
                               State::restarting, State::replacing, State::reloading, State::ended);
  INFO("in the state " << to_string(state));
  std::vector<long> pids;
  const auto descriptors_before = open_descriptors();
  {
    Supervisor supervisor(spec_for(state), [&](const Event& event) {
      if (const auto* started = std::get_if<Started>(&event)) pids.push_back(started->pid);
    });
    supervisor.start();
    const bool is_ordered =
        state == State::stopping || state == State::restarting || state == State::replacing;
    const State settled = is_ordered ? State::running : state;
    serve({&supervisor}, [&] { return supervisor.status().state == settled; });
    if (state == State::stopping) supervisor.stop();
    if (state == State::restarting || state == State::replacing) supervisor.restart();
    CHECK(supervisor.status().state == state);
  }
  REQUIRE_FALSE(pids.empty());
  for (const long pid : pids) CHECK_FALSE(is_alive(pid));
  CHECK(open_descriptors() == descriptors_before);
}

TEST_CASE("a supervisor that was never started is destroyed like any other") {
  const Supervisor supervisor(shell("exit 0"));
  CHECK(supervisor.status().state == Status::State::starting);
  CHECK(supervisor.status().pid == 0);
}

TEST_CASE("an observer may destroy the supervisor that calls it") {
  // Each event of a life once.
  const std::size_t at = GENERATE(0U, 1U, 2U, 3U, 4U, 5U);
  std::unique_ptr<Supervisor> supervisor;
  std::size_t told = 0;
  long pid = 0;
  supervisor = std::make_unique<Supervisor>(
      shell("[ $OPS_RESTART_COUNT = 1 ] && exit 0; sleep 0.01; exit 99"), [&](const Event& event) {
        if (const auto* started = std::get_if<Started>(&event)) pid = started->pid;
        if (told++ == at) supervisor.reset();
      });
  supervisor->start();
  while (supervisor && !supervisor->exit_status()) {
    pollfd watched{supervisor->descriptor(), POLLIN, 0};
    REQUIRE(::poll(&watched, 1, 20'000) == 1);
    supervisor->serve();
  }
  CHECK_FALSE(supervisor);
  CHECK(told == at + 1);  // nobody is told anything afterwards
  CHECK_FALSE(is_alive(pid));
}

TEST_CASE("run() ends when the observer destroys its supervisor") {
  std::unique_ptr<Supervisor> supervisor;
  supervisor = std::make_unique<Supervisor>(shell("exec sleep 1000"), [&](const Event& event) {
    if (is<Ready>(event)) supervisor.reset();
  });
  CHECK(supervisor->run() == 0);
  CHECK_FALSE(supervisor);
}

TEST_CASE("an observer may order what it wants of the supervisor that calls it") {
  std::vector<std::string> states;
  std::unique_ptr<Supervisor> supervisor;
  AppSpec spec = shell("trap 'exit 4' TERM; " OPS_TELL " READY=1; sleep 1000 & wait");
  spec.readiness = {.sign = Readiness::Sign::notify};
  supervisor = std::make_unique<Supervisor>(spec, [&](const Event& event) {
    if (!is<Ready>(event)) return;
    states.emplace_back(to_string(supervisor->status().state));
    states.size() == 1 ? supervisor->restart() : supervisor->stop();
  });
  CHECK(supervisor->run() == 4);
  CHECK(states == std::vector<std::string>{"running", "running"});
}

TEST_CASE("what an observer holds outlives the supervisor that it destroys") {
  std::unique_ptr<Supervisor> supervisor;
  std::string heard;
  const std::string word = "a word that is too long to lie within the string itself";
  supervisor = std::make_unique<Supervisor>(shell("exit 0"),
                                            [&supervisor, &heard, word](const Event& /*event*/) {
                                              supervisor.reset();
                                              heard = word;
                                            });
  supervisor->start();
  CHECK(heard == word);
}
