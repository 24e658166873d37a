#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <sstream>

#include "catch.hpp"
#include "loop/listen_address.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"

namespace {}  // namespace

TEST_CASE("each signal reaches the app exactly once") {
  for (const Words& way : ways_to_start()) {
    INFO(way.front());
    RunningProgram program(way + test_app({"signals", "7"}));
    program.wait_for_line("ready");
    const std::vector<std::pair<int, std::string>> signals{{SIGHUP, "HUP"},     {SIGQUIT, "QUIT"},
                                                           {SIGUSR1, "USR1"},   {SIGUSR2, "USR2"},
                                                           {SIGWINCH, "WINCH"}, {SIGTERM, "TERM"}};
    for (const auto& [signal, name] : signals) {
      program.signal(signal);
      program.wait_for_line("got " + name);
    }
    program.close_input();
    CHECK(program.wait() == 7);
    program.wait_for_end_of_output();
    for (const auto& [signal, name] : signals) CHECK(count(program.output(), "got " + name) == 1);
  }
}

TEST_CASE("different signals are sent on in the order in which they came") {
  RunningProgram program(server_runner({}) + test_app({"signals", "0"}));
  program.wait_for_line("ready");
  std::vector<std::pair<int, std::string>> signals{{SIGHUP, "HUP"},
                                                   {SIGQUIT, "QUIT"},
                                                   {SIGUSR1, "USR1"},
                                                   {SIGUSR2, "USR2"},
                                                   {SIGWINCH, "WINCH"}};
  std::mt19937 dice(7);
  std::string expected;
  for (int round = 0; round < 50; ++round) {
    std::ranges::shuffle(signals, dice);
    for (const auto& [signal, name] : signals) {
      program.signal(signal);
      // What waits together is handed out by the kernel in an order of its own.
      program.wait_until_signals_are_taken();
      expected += name + " ";
    }
  }
  program.wait_for_log("signal sent signal=", 50 * 5);
  std::string sent;
  std::istringstream log(program.log());
  const std::string start = "server-runner: signal sent signal=";
  for (std::string line; std::getline(log, line);) {
    if (!line.starts_with(start)) continue;
    sent += line.substr(start.size(), line.find(' ', start.size()) - start.size()) + " ";
  }
  CHECK(sent == expected);
}

TEST_CASE("an INT reaches the app once and is an order to stop") {
  for (const Words& way : ways_to_start()) {
    RunningProgram program(way + test_app({"signals", "99"}));
    program.wait_for_line("ready");
    program.signal(SIGINT);
    program.wait_for_line("got INT");
    program.close_input();
    CHECK(program.wait() == 0);
    program.wait_for_end_of_output();
    CHECK(count(program.output(), "got INT") == 1);
    CHECK(count(program.output(), "ready") == 1);
  }
}

TEST_CASE("a second TERM changes nothing, and an INT after it kills at once") {
  RunningProgram program(server_runner({}) + test_app({"signals", "0"}));
  program.wait_for_line("ready");
  program.signal(SIGTERM);
  program.wait_for_line("got TERM");
  program.signal(SIGTERM);
  // What comes after it tells that it has been served.
  program.signal(SIGHUP);
  program.wait_for_line("got HUP");
  program.signal(SIGINT);
  CHECK(program.wait() == 137);
  program.wait_for_end_of_output();
  CHECK(count(program.output(), "got TERM") == 1);
  CHECK(count(program.output(), "got INT") == 0);
}

TEST_CASE("a HUP kills an app that does not expect it") {
  RunningProgram program(server_runner({"/bin/sh", "-c", "echo ready; exec sleep 1000"}));
  program.wait_for_line("ready");
  program.signal(SIGHUP);
  CHECK(program.wait() == 129);
}

TEST_CASE("an app that ignores TERM is killed with its whole group") {
  for (const Words& way : ways_to_start()) {
    RunningProgram program(way + Words{"--stop-timeout", "0.2", "/bin/sh", "-c",
                                       "trap '' TERM; sleep 1000 & echo ready; wait"});
    program.wait_for_line("ready");
    program.signal(SIGTERM);
    CHECK(program.wait() == 137);
    // Nobody is left who holds the other end.
    program.wait_for_end_of_output();
  }
}

TEST_CASE("a stopped app still ends") {
  RunningProgram program(server_runner({"/bin/sh", "-c", "echo $$; exec sleep 1000"}));
  const pid_t app = std::stoi(program.wait_for_line(""));
  REQUIRE(::kill(app, SIGSTOP) == 0);
  program.signal(SIGTERM);
  CHECK(program.wait() == 143);
}

TEST_CASE("who is left of the app's group ends before the next instance starts") {
  const std::string script =
      "[ $OPS_RESTART_COUNT = 1 ] && { echo next; exit 4; }\n"
      "(trap 'echo left; exit' TERM; echo deaf; while :; do sleep 0.01; done) & read line; exit 99";
  RunningProgram program(server_runner({"--backoff", "0:1:0", "/bin/sh", "-c", script}));
  program.wait_for_line("deaf");
  program.write("\n");
  CHECK(program.wait() == 4);
  program.wait_for_end_of_output();
  CHECK(program.output() == "deaf\nleft\nnext\n");
}

TEST_CASE("who is left of the app's group ends before server-runner does") {
  // The one that is left ends on TERM, and says so.
  const std::string script =
      "(trap 'echo left; exit' TERM; echo deaf; while :; do sleep 0.01; done) & read line; exit 4";
  RunningProgram program(server_runner({"/bin/sh", "-c", script}));
  program.wait_for_line("deaf");
  program.close_input();
  CHECK(program.wait() == 4);
  program.wait_for_line("left");
}

TEST_CASE("who is left of the app's group and does not end is killed") {
  const std::string script =
      "(trap '' TERM; echo deaf; while :; do sleep 0.01; done) & read line; exit 4";
  RunningProgram program(server_runner({"--stop-timeout", "0.2", "/bin/sh", "-c", script}));
  program.wait_for_line("deaf");
  program.close_input();
  CHECK(program.wait() == 4);
  program.wait_for_end_of_output();
}

TEST_CASE("the app gets TERM when server-runner itself is killed") {
  RunningProgram program(server_runner({}) + test_app({"signals", "0"}));
  program.wait_for_line("ready");
  program.signal(SIGKILL);
  CHECK(program.wait() == 137);
  program.wait_for_line("got TERM");
  program.close_input();
  program.wait_for_end_of_output();
}

TEST_CASE("no port is kept when server-runner is killed and its app has ended") {
  RunningProgram program(server_runner({"--listen", "127.0.0.1:0", "/bin/sleep", "1000"}));
  program.wait_for_log("started pid=");
  const std::string log = program.log();
  const std::string start = "listening address=";
  const auto at = log.find(start) + start.size();
  const std::string address = log.substr(at, log.find(' ', at) - at);
  program.signal(SIGKILL);
  CHECK(program.wait() == 137);
  program.wait_for_end_of_output();
  const auto again = ops::loop::ListenAddress::parse(address)->open();
  CHECK(again.ok());
}

TEST_CASE("TERM during a delay ends at once, with 0 after a restart code") {
  RunningProgram program(
      server_runner({"--backoff", "1000:1:1000", "/bin/sh", "-c", "echo started; exit 99"}));
  program.wait_for_line("started");
  program.wait_for_log("next start waits");
  program.signal(SIGTERM);
  CHECK(program.wait() == 0);
  program.wait_for_end_of_output();
  CHECK(count(program.output(), "started") == 1);
}

TEST_CASE("a flood of TERMs is one stop") {
  RunningProgram program(server_runner({}) + test_app({"signals", "6"}));
  program.wait_for_line("ready");
  for (int i = 0; i < 1000; ++i) program.signal(SIGTERM);
  program.wait_for_line("got TERM");
  program.close_input();
  CHECK(program.wait() == 6);
  program.wait_for_end_of_output();
  CHECK(count(program.output(), "got TERM") == 1);
}

TEST_CASE("a signal in the moment of the end does not change the exit status") {
  // The app ignores it, so that nobody but server-runner could die of it.
  const Words app{"--quiet", "/bin/sh", "-c", "trap '' HUP; echo up; read x; exit 7"};
  for (int i = 0; i < 60; ++i) {
    RunningProgram program(server_runner(app));
    program.wait_for_line("up");
    program.close_input();
    program.signal_until_end(SIGHUP);
    REQUIRE(program.wait() == 7);
  }
}

TEST_CASE("a death by signal is no restart code, whatever number a shell gives it") {
  const auto ended =
      run(server_runner({"--restart-code", "137", "/bin/sh", "-c", "kill -KILL $$"}));
  CHECK(ended.status == 137);
}

TEST_CASE("a zombie that nobody looks after does not keep server-runner from going on") {
  // The app's child forks a zombie into the app's group, leaves the group itself and lives on.
  const std::string leave_zombie =
      "import os, sys, time\n"
      "if os.fork() == 0:\n"
      "  if os.fork() == 0: os._exit(0)\n"
      "  os.setsid(); print('left', flush=True); os.close(1); time.sleep(1000)\n"
      "sys.stdin.read(); sys.exit(4)\n";
  RunningProgram program(
      server_runner({"--stop-timeout", "0.2", "/usr/bin/python3", "-c", leave_zombie}));
  program.wait_for_line("left");
  program.close_input();
  CHECK(program.wait() == 4);
  CHECK(program.count_in_log("cannot be ended") == 1);
}
