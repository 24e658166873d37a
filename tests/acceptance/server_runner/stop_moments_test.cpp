// Orders to stop, and other signals, in moments that are hard to meet: whatever they find, the
// program ends and starts nothing afterwards.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <random>

#include "catch.hpp"
#include "running_program.hpp"
#include "sanitized.hpp"
#include "server_runner.hpp"
#include "soak.hpp"
#include "system_call_gate.hpp"

namespace {

using namespace std::chrono_literals;

void wait_until_stopped(pid_t child) {
  siginfo_t status{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &status, WSTOPPED) == 0);
}

// Waits until a process that is not our child has ended, though nobody has reaped it.
void wait_until_zombie(const std::string& pid) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  std::string state;
  while (state != "Z") {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::ifstream status("/proc/" + pid + "/stat");
    std::string skipped;
    status >> skipped >> skipped >> state;
  }
}

void pass(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

}  // namespace

TEST_CASE("a TERM in the first moment of the program ends it, and nothing is started") {
  // It is about to say that it adopts orphans, and no supervisor listens to signals yet.
  SystemCallGate gate("adopt");
  RunningProgram program(gate.words() + server_runner({"/bin/sh", "-c", "echo started"}));
  gate.wait();
  program.signal(SIGTERM);
  gate.let_go_on();
  CHECK(program.wait() == 143);
  program.wait_for_end_of_output();
  CHECK(program.output().empty());
  CHECK(program.count_in_log("started pid=") == 0);
}

TEST_CASE("a TERM while the app's process, or its program, is slow to start reaches the app") {
  const std::string slow = GENERATE("start", "exec");
  if (is_thread_sanitized && slow == "start") return;  // a thread of its own would be held
  SystemCallGate gate(slow);
  RunningProgram program(
      gate.words() + server_runner({"--restart", "always", "/bin/sleep", "1000"}),
      {"ASAN_OPTIONS=detect_leaks=0"});
  if (slow == "exec") {
    // Its own program.
    gate.wait();
    gate.let_go_on();
  }
  gate.wait();
  program.signal(SIGTERM);
  gate.let_go_on();
  CHECK(program.wait() == 143);
  CHECK(program.count_in_log("started pid=") == 1);
  CHECK(program.count_in_log("signal sent signal=TERM") == 1);
}

TEST_CASE("a TERM between an app's end and the next start ends the program, and starts nothing") {
  // Who is left of the group keeps the next start waiting.
  const std::string script =
      "(trap '' TERM; echo deaf; while :; do sleep 0.01; done) & read line; exit 99";
  RunningProgram program(server_runner({"--backoff", "0:1:0", "/bin/sh", "-c", script}));
  program.wait_for_line("deaf");
  program.close_input();
  program.wait_for_log("ended pid=");
  program.signal(SIGTERM);
  program.wait_until_signals_are_taken();
  program.signal(SIGINT);  // and no more patience
  CHECK(program.wait() == 0);
  program.wait_for_end_of_output();
  CHECK(program.count_in_log("started pid=") == 1);
}

TEST_CASE("a TERM at any moment of a row of restarts ends it, and nothing is started afterwards",
          "[soak]") {
  const int times = soak_size(60, 10'000);
  std::mt19937 dice(20'26);
  for (int i = 0; i < times; ++i) {
    INFO("try " << i);
    RunningProgram program(
        server_runner({"--quiet", "--backoff", "0:1:0", "/bin/sh", "-c", "exit 99"}));
    pass(std::chrono::microseconds(std::uniform_int_distribution(0, 8000)(dice)));
    program.signal(SIGTERM);
    const int status = program.wait();
    // The app has asked for a restart, or died of the TERM itself.
    CHECK((status == 0 || status == 143));
    program.wait_for_end_of_output();
  }
}

TEST_CASE("while server-runner is stopped nothing is lost") {
  RunningProgram program(server_runner({}) + test_app({"signals", "7"}));
  program.wait_for_line("ready");
  program.signal(SIGSTOP);
  wait_until_stopped(program.pid());
  program.signal(SIGHUP);
  program.signal(SIGUSR1);
  program.signal(SIGCONT);
  // In which order the app itself gets them is the kernel's affair.
  while (program.output().find("got HUP") == std::string::npos ||
         program.output().find("got USR1") == std::string::npos) {
    program.wait_for_line("got ");
  }

  program.signal(SIGSTOP);
  wait_until_stopped(program.pid());
  const std::string log = program.log();
  const std::string app = log.substr(log.find("started pid=") + 12);
  program.close_input();
  wait_until_zombie(app.substr(0, app.find(' ')));
  program.signal(SIGCONT);
  CHECK(program.wait() == 7);
}

TEST_CASE("TSTP and CONT are for server-runner, not for the app") {
  RunningProgram program(server_runner({}) + test_app({"signals", "7"}));
  program.wait_for_line("ready");
  program.signal(SIGTSTP);  // stops it where a shell is there that could continue it
  program.signal(SIGCONT);
  program.signal(SIGUSR2);
  program.wait_for_line("got USR2");
  program.close_input();
  CHECK(program.wait() == 7);
}
