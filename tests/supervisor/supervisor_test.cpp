#include "ops/supervisor/supervisor.hpp"

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "kept_signal_mask.hpp"
#include "subreaper.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;

AppSpec shell_in_its_process(const std::string& script) {
  return {.command = {"/bin/sh", "-c", script},
          .environment = {"PATH=/usr/bin:/bin"},
          .restart = {.backoff = {0ms, 1, 0ms}},
          .process = AppSpec::Process::dedicated};
}

struct Run {
  int status;
  std::vector<Event> events;

  template <typename Kind>
  [[nodiscard]] long count() const {
    return std::ranges::count_if(
        events, [](const Event& event) { return std::holds_alternative<Kind>(event); });
  }
};

Run run(AppSpec spec) {
  const Subreaper subreaper;
  const KeptSignalMask mask;  // one that is dedicated leaves its signals blocked
  Run result{};
  Supervisor supervisor(std::move(spec),
                        [&result](const Event& event) { result.events.push_back(event); });
  result.status = supervisor.run();
  return result;
}

}  // namespace

TEST_CASE("a supervisor returns the app's exit status and tells what happened") {
  const Run result = run(shell_in_its_process("exit 7"));
  CHECK(result.status == 7);
  REQUIRE(result.events.size() == 3);
  CHECK(std::holds_alternative<Started>(result.events[0]));
  CHECK(std::get<Exited>(result.events[1]).code == 7);
  CHECK(std::get<Ended>(result.events[2]).status == 7);
}

TEST_CASE("a supervisor needs no observer") {
  const KeptSignalMask mask;
  CHECK(Supervisor(shell_in_its_process("exit 4")).run() == 4);
}

TEST_CASE("an app is started again while it asks for that, and counts its starts") {
  const Run result =
      run(shell_in_its_process("[ $OPS_RESTART_COUNT = 5 ] && exit 3; exit $OPS_RESTART_CODE"));
  CHECK(result.status == 3);
  CHECK(result.count<Started>() == 6);
}

TEST_CASE("what the app says before it ends counts") {
  // The message and the end are there at the same time.
  AppSpec spec =
      shell_in_its_process("[ $OPS_RESTART_COUNT = 1 ] && exit 0\n" OPS_TELL " READY=1; exit 99");
  spec.readiness = {.sign = Readiness::Sign::notify};
  const Run result = run(spec);
  CHECK(result.status == 0);
  CHECK(result.count<Ready>() == 1);
}

TEST_CASE("a restart that the app asks for by message happens whatever it ends with") {
  const Run result = run(shell_in_its_process("[ $OPS_RESTART_COUNT = 1 ] && exit 5\n" OPS_TELL
                                              " RESTART=1; sleep 1000 & wait; exit 1"));
  CHECK(result.status == 5);
  CHECK(result.count<Started>() == 2);
}

TEST_CASE("an app that says it reloads, and never that it is ready again, is warned about") {
  AppSpec spec =
      shell_in_its_process(OPS_TELL " READY=1; " OPS_TELL " RELOADING=1; exec sleep 1000");
  spec.process = AppSpec::Process::shared;
  spec.readiness = {.sign = Readiness::Sign::notify, .timeout = 300ms};
  std::string warning;
  Status::State state = Status::State::starting;
  std::unique_ptr<Supervisor> supervisor;
  supervisor = std::make_unique<Supervisor>(std::move(spec), [&](const Event& event) {
    const auto* warned = std::get_if<Warning>(&event);
    if (warned == nullptr) return;
    warning = warned->message;
    state = supervisor->status().state;
    supervisor->stop();
  });
  supervisor->run();
  CHECK(warning.find("RELOADING=1") != std::string::npos);
  CHECK(state == Status::State::reloading);
}

TEST_CASE("an address that cannot be listened on is 69, and nothing is started") {
  AppSpec spec = shell_in_its_process("exit 0");
  spec.listeners = {{.address = "192.0.2.1:80"}};
  const Run result = run(spec);
  CHECK(result.status == 69);
  CHECK(result.count<Started>() == 0);
  CHECK(result.count<CannotBegin>() == 1);
}

TEST_CASE("releases that cannot be set up are 73, and nothing is started") {
  const TemporaryDirectory directory;
  directory.write("file", "");
  AppSpec spec = shell_in_its_process("exit 0");
  spec.releases = {{.directory = directory.file("file/releases"), .image = directory.path()}};
  const Run result = run(spec);
  CHECK(result.status == 73);
  CHECK(result.count<Started>() == 0);
}

TEST_CASE("one process can supervise again and again") {
  for (int i = 0; i < 3; ++i) CHECK(run(shell_in_its_process("exit 1")).status == 1);
}
