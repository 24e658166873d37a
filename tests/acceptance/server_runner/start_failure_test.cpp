// Starts that fail, the first one and later ones: programs and directories that have gone, and a
// system that has no process, memory or descriptor left.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "running_program.hpp"
#include "sanitized.hpp"
#include "server_runner.hpp"
#include "system_call_gate.hpp"
#include "temporary_directory.hpp"

namespace {

// ThreadSanitizer's own thread would be the first that is held, or refused.
bool can_hold_starts() {
  if (is_thread_sanitized) std::cout << "skipped: the sanitizer starts a thread of its own\n";
  return !is_thread_sanitized;
}

// A sanitizer starts a process of its own at the end, to look for lost memory.
const std::vector<std::string> no_search_at_end{"ASAN_OPTIONS=detect_leaks=0"};

const Words quick_retries{"--backoff", "0.02:1:0.02"};
// Asks for a restart at the end of a line of input; as the second instance it ends with 5.
const Words restarts_once{"/bin/sh", "-c",
                          "[ $OPS_RESTART_COUNT = 1 ] && exit 5; echo up; read line; exit 99"};

Words in_directory(const std::string& directory, const Words& command) {
  return Words{"/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", directory} + command;
}

/// The words that run what follows as a user who has no other processes, and server-runner where
/// that user may execute it.
class AsStranger {
 public:
  AsStranger() {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    std::filesystem::copy_file(OPS_SERVER_RUNNER, directory_.file("server-runner"));
  }

  static bool is_possible() { return ::geteuid() == 0 && run(as_user({"true"})).status == 0; }
  // Only that user, or one with a right of its own, may change the limits of his processes.
  void limit(pid_t process, const std::string& limit) const {
    REQUIRE(run(as_user({"prlimit", "--pid", std::to_string(process), limit})).status == 0);
  }
  [[nodiscard]] Words server_runner(const Words& limit, const Words& words) const {
    return as_user(limit + Words{directory_.file("server-runner")} + words);
  }

 private:
  static Words as_user(const Words& command) {
    const std::string user = std::to_string(700'000'000 + ::getpid());
    return Words{"setpriv", "--reuid", user, "--regid", user, "--clear-groups"} + command;
  }

  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a first start for which there is no process or memory ends with 126, said in one line") {
  if (!can_hold_starts()) return;
  for (const int error : {EAGAIN, ENOMEM}) {
    const auto ended = run(Words{OPS_RESTRICTED, "start=" + std::to_string(error), "--"} +
                               server_runner({"/bin/true"}),
                           no_search_at_end);
    CHECK(ended.status == 126);
    CHECK(ended.log.starts_with("server-runner: cannot start a process for /bin/true: "));
    CHECK(ended.log.find('\n') == ended.log.size() - 1);
  }
}

TEST_CASE("a restart for which there is no process or memory is tried again until there is") {
  if (!can_hold_starts()) return;
  SystemCallGate gate("start");
  RunningProgram program(gate.words() + server_runner(quick_retries) +
                             Words{"/bin/sh", "-c", "exit $((99 - OPS_RESTART_COUNT * 94))"},
                         no_search_at_end);
  gate.wait();
  gate.let_go_on();
  for (const int error : {EAGAIN, ENOMEM, EAGAIN}) {
    gate.wait();
    gate.refuse(error);
  }
  gate.wait();
  gate.let_go_on();
  CHECK(program.wait() == 5);
  CHECK(program.count_in_log("cannot start a process for /bin/sh") == 3);
  CHECK(program.count_in_log("started pid=") == 2);
}

TEST_CASE("a user who may not have another process gets 126 at the first start, and later waits") {
  if (!can_hold_starts()) return;
  if (!AsStranger::is_possible()) {
    std::cout << "skipped: to be another user takes root\n";
    return;
  }
  const AsStranger stranger;
  const auto ended =
      run(stranger.server_runner({"prlimit", "--nproc=1"}, {"/bin/true"}), no_search_at_end);
  CHECK(ended.status == 126);
  CHECK(ended.log.find("cannot start a process for /bin/true") != std::string::npos);

  RunningProgram program(stranger.server_runner({}, quick_retries + restarts_once),
                         no_search_at_end);
  program.wait_for_line("up");
  stranger.limit(program.pid(), "--nproc=1:");
  program.write("\n");
  program.wait_for_log("cannot start a process for /bin/sh", 3);
  stranger.limit(program.pid(), "--nproc=1000:");
  CHECK(program.wait() == 5);
}

TEST_CASE("a restart for which no descriptor is left is tried again until one is") {
  if (is_sanitized) {
    std::cout << "skipped: a sanitizer needs descriptors of its own\n";
    return;
  }
  RunningProgram program(server_runner(quick_retries + Words{"--listen", "127.0.0.1:0"}) +
                         restarts_once);
  program.wait_for_line("up");
  rlimit before{};
  REQUIRE(::prlimit(program.pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit used_up{5, before.rlim_max};
  REQUIRE(::prlimit(program.pid(), RLIMIT_NOFILE, &used_up, nullptr) == 0);
  program.write("\n");
  program.wait_for_log("cannot hand descriptors to /bin/sh", 3);
  REQUIRE(::prlimit(program.pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
  CHECK(program.wait() == 5);
}

TEST_CASE("however few descriptors there are, it ends, and with 0 only if the app has run") {
  if (is_sanitized) {
    std::cout << "skipped: a sanitizer needs descriptors of its own\n";
    return;
  }
  for (int limit = 3; limit < 24; ++limit) {
    INFO("with " << limit << " descriptors");
    const auto ended =
        run(Words{"prlimit", "--core=0", "--nofile=" + std::to_string(limit)} +
            server_runner({"--listen", "127.0.0.1:0", "/bin/sh", "-c", "echo has run"}));
    CHECK((ended.status == 0) == (ended.output == "has run\n"));
  }
}

TEST_CASE("a TERM while nothing can be started ends at once, and starts nothing") {
  if (!can_hold_starts()) return;
  SystemCallGate gate("start");
  RunningProgram program(gate.words() + server_runner({"--backoff", "1000:1:1000", "/bin/sh", "-c",
                                                       "echo started; exit 99"}),
                         no_search_at_end);
  gate.wait();
  gate.let_go_on();
  program.wait_for_log("next start waits");
  program.signal(SIGTERM);
  CHECK(program.wait() == 0);
}

TEST_CASE("a program that has gone when it is to be started again ends with 127") {
  const TemporaryDirectory directory;
  directory.write_program("app", "#!/bin/sh\nrm \"$0\"; exit 99\n");
  const auto ended = run(server_runner({"--backoff", "0:1:0", directory.file("app")}));
  CHECK(ended.status == 127);
  CHECK(ended.log.find("cannot run " + directory.file("app") + ": command not found") !=
        std::string::npos);
}

TEST_CASE("a program that stays open for writing is given up with 126") {
  const TemporaryDirectory directory;
  const std::string app = directory.file("app");
  std::filesystem::copy_file("/bin/true", app);
  const ops::base::UniqueFd writer(::open(app.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(writer);
  const auto ended = run(server_runner({app}));
  CHECK(ended.status == 126);
  CHECK(ended.log.find("Text file busy") != std::string::npos);
}

TEST_CASE("an app whose working directory was removed is started again there") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "work");
  const auto ended =
      run(in_directory(directory.file("work"),
                       server_runner({"--backoff", "0:1:0", "/bin/sh", "-c",
                                      "rmdir \"$0\" || exit 6; exit 99", directory.file("work")})));
  // The second rmdir finds nothing, and that could be tried.
  CHECK(ended.status == 6);
}

TEST_CASE("without --releases the working directory stays the one we were started in") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "old");
  std::filesystem::create_directory(directory.path() / "new");
  std::filesystem::create_directory_symlink("old", directory.path() / "current");
  const auto ended =
      run(in_directory(directory.file("current"),
                       server_runner({"--backoff", "0:1:0", "/bin/sh", "-c",
                                      ("basename \"$(pwd -P)\"; ln -sfn new ../current\n"
                                       "[ $OPS_RESTART_COUNT = 1 ] && exit 0; exit 99")})));
  CHECK(ended.output == "old\nold\n");
}
