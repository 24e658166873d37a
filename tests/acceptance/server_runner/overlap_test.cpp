#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "client_connection.hpp"
#include "running_program.hpp"
#include "sanitized.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

namespace {

/// server-runner with --overlap, over a server that says which instance answers.
class Overlapping {
 public:
  explicit Overlapping(const Words& faults = {}, const Words& options = {})
      : program_(server_runner({"--overlap", "--ready", "notify", "--listen",
                                "unix:" + directory_.file("app.sock")}) +
                 options + serving_app(faults)) {
    program_.wait_for_log("ready pid=");
  }

  /// Which instance answers.
  [[nodiscard]] std::string ask() const { return ask_at(directory_.file("app.sock")); }
  /// As the app itself asks for it.
  void ask_for_restart() { program_.signal(SIGUSR1); }
  RunningProgram& program() { return program_; }

 private:
  TemporaryDirectory directory_;
  RunningProgram program_;
};

}  // namespace

TEST_CASE("with --overlap the old instance serves until the new one is ready, then drains") {
  Overlapping app;
  CHECK(app.ask() == "0\n");
  app.ask_for_restart();
  app.program().wait_for_line("ready 1");
  app.program().wait_for_line("draining 0");
  CHECK(app.ask() == "1\n");
  app.program().signal(SIGTERM);
  app.program().wait_for_line("draining 1");
  CHECK(app.program().wait() == 1);
}

TEST_CASE("a new instance that crashes leaves the old one serving, and the next request is tried") {
  Overlapping app({"crashes", "1"});
  app.ask_for_restart();
  app.program().wait_for_log("the next instance does not take over");
  CHECK(app.ask() == "0\n");
  app.ask_for_restart();
  app.program().wait_for_line("ready 2");
  app.program().wait_for_line("draining 0");
  CHECK(app.ask() == "2\n");
}

TEST_CASE("a new instance that is never ready is ended, and the old one serves on") {
  Overlapping app({"hangs", "1"}, {"--ready-timeout", "0.3"});
  app.ask_for_restart();
  app.program().wait_for_line("hanging 1");
  CHECK(app.ask() == "0\n");
  app.program().wait_for_log("not ready in time");
  CHECK(app.ask() == "0\n");
}

TEST_CASE("restart requests that come together become one") {
  Overlapping app({"hangs", "1"});
  app.ask_for_restart();
  app.program().wait_for_line("hanging 1");
  for (int i = 0; i < 20; ++i) app.ask_for_restart();
  app.program().signal(SIGTERM);
  CHECK(app.program().wait() == 0);
  CHECK(app.program().count_in_log("started pid=") == 2);
}

TEST_CASE(
    "a stop calls an overlapping restart off: both instances end, and the old one's status "
    "is handed on") {
  Overlapping app({"hangs", "1"});
  app.ask_for_restart();
  app.program().wait_for_line("hanging 1");
  app.program().signal(SIGTERM);
  app.program().wait_for_line("draining 0");
  CHECK(app.program().wait() == 0);
}

TEST_CASE("an old instance that does not drain within the stop timeout is killed") {
  Overlapping app({"deaf", "0"}, {"--stop-timeout", "0.3"});
  app.ask_for_restart();
  app.program().wait_for_line("draining 0");
  app.program().wait_for_log("process group killed");
  CHECK(app.ask() == "1\n");
}

TEST_CASE("a new instance that asks to be started again is") {
  Overlapping app({"asks", "1"});
  app.ask_for_restart();
  app.program().wait_for_line("ready 2");
  app.program().wait_for_line("draining 0");
  CHECK(app.ask() == "2\n");
}

TEST_CASE("an old instance that dies while the new one gets ready leaves the place to it") {
  Overlapping app({"hangs", "1"}, {"--ready-timeout", "0.5"});
  app.ask_for_restart();
  app.program().wait_for_line("hanging 1");
  app.program().kill_app(0);
  // Whoever connects now waits for the one that is getting ready, which fails: its status counts.
  CHECK(app.program().wait() == 143);
}

TEST_CASE("--overlap without --listen is wrong usage") {
  const auto ended = run(server_runner({"--overlap", "/bin/sh", "-c", "echo started"}));
  CHECK(ended.status == 64);
  CHECK(ended.output.empty());
}

TEST_CASE("a next instance for which there is no room at the moment is tried again") {
  if (is_sanitized) {
    std::cout << "skipped: a sanitizer needs descriptors of its own\n";
    return;
  }
  Overlapping app;
  rlimit before{};
  REQUIRE(::prlimit(app.program().pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit used_up{.rlim_cur = 5, .rlim_max = before.rlim_max};
  REQUIRE(::prlimit(app.program().pid(), RLIMIT_NOFILE, &used_up, nullptr) == 0);
  app.ask_for_restart();
  app.program().wait_for_log("; trying again");
  CHECK(app.ask() == "0\n");
  REQUIRE(::prlimit(app.program().pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
  app.program().wait_for_line("ready 1");
  app.program().wait_for_line("draining 0");
  CHECK(app.ask() == "1\n");
}
