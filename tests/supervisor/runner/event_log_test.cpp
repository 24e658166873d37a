#include "supervisor/runner/event_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/unique_fd.hpp"
#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;
using ops::base::Log;
using ops::base::UniqueFd;

std::string line_of(const Event& event) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  {
    Log log("server-runner", Log::Format::text, Log::Level::debug, write_end.get());
    runner::log_event(log, event);
  }
  write_end.reset();
  std::array<char, 4096> text{};
  const ssize_t size = ::read(read_end.get(), text.data(), text.size());
  REQUIRE(size > 0);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("each event is a line of the log") {
  CHECK(line_of(Listening{"web", "127.0.0.1:80"}) ==
        "server-runner: listening address=127.0.0.1:80 name=web\n");
  CHECK(line_of(Started{17, 2, ""}) == "server-runner: started pid=17 restarts=2\n");
  CHECK(line_of(Started{17, 2, "3f9a"}) ==
        "server-runner: started pid=17 restarts=2 release=3f9a\n");
  CHECK(line_of(StartFailed{"cannot run a: command not found", 127}) ==
        "server-runner: cannot run a: command not found status=127\n");
  CHECK(line_of(Ready{17}) == "server-runner: ready pid=17\n");
  CHECK(line_of(NotReady{17}) == "server-runner: not ready in time: it is told to end pid=17\n");
  CHECK(line_of(NotReplaced{18, 17}) ==
        "server-runner: the next instance does not take over: the one before serves on pid=18 "
        "serving=17\n");
  CHECK(line_of(WatchdogExpired{17}) ==
        "server-runner: no sign of life in time: it is aborted pid=17\n");
  CHECK(line_of(Exited{17, 3, 0}) == "server-runner: ended pid=17 code=3\n");
  CHECK(line_of(Exited{17, 0, SIGKILL}) == "server-runner: ended pid=17 signal=KILL\n");
  CHECK(line_of(Signalled{17, SIGTERM}) == "server-runner: signal sent signal=TERM pid=17\n");
  CHECK(line_of(Killed{17}) == "server-runner: process group killed pid=17\n");
  CHECK(line_of(Delayed{200ms}) == "server-runner: next start waits milliseconds=200\n");
  CHECK(line_of(AwaitingLock{"d1", "building"}) ==
        "server-runner: waiting: the releases are locked deploy=d1 phase=building\n");
  CHECK(line_of(TrialStarted{"3f9a"}) == "server-runner: release on trial release=3f9a\n");
  CHECK(line_of(TrialPassed{"3f9a"}) == "server-runner: release is healthy release=3f9a\n");
  CHECK(line_of(TrialFailed{"3f9a", "why", "image"}) ==
        "server-runner: release failed its trial release=3f9a reason=why back_to=image\n");
  CHECK(line_of(Warning{"cannot x"}) == "server-runner: cannot x\n");
  CHECK(line_of(CannotBegin{"cannot y"}) == "server-runner: cannot y\n");
  CHECK(line_of(Ended{3}) == "server-runner: ending status=3\n");
}
