// Processes whose parent has died come to server-runner, as process 1 or as a subreaper.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <string>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

namespace {

// Half of them in the app's group, half out of it.
const Words leave_a_hundred = test_app({"orphans", "100"});
const std::string all_adopted_and_reaped = "adopted 100\nleft 0\n";

bool can_unshare() {
  return ::geteuid() == 0 &&
         run({"unshare", "--pid", "--fork", "--mount-proc", "true"}).status == 0;
}

}  // namespace

TEST_CASE("orphans are reaped by a subreaper") {
  CHECK(run(server_runner(leave_a_hundred)).output == all_adopted_and_reaped);
}

TEST_CASE("without the right to adopt them orphans go to somebody else") {
  // That the test above would notice it.
  const auto ended = run(Words{OPS_RESTRICTED, "adopt=" + std::to_string(EPERM), "--"} +
                         // Who adopts them may be slow to reap them, and their group to be empty.
                         server_runner(Words{"--stop-timeout", "0.2"} + leave_a_hundred));
  CHECK(ended.status == 0);
  CHECK(ended.output == "adopted 0\n");
}

TEST_CASE("who has left the app's group lives on, over a restart and over our end") {
  const TemporaryDirectory directory;
  const std::string pipe = directory.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  RunningProgram program(server_runner(
      {"--backoff", "0:1:0", "/bin/sh", "-c",
       ("[ $OPS_RESTART_COUNT = 1 ] && exit 3\n"
        "setsid /bin/sh -c 'echo left; read line < \"$0\"; echo over' \"$0\" & read line; exit 99"),
       pipe}));
  program.wait_for_line("left");
  program.write("\n");
  CHECK(program.wait() == 3);
  const ops::base::UniqueFd end(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::write(end.get(), "\n", 1) == 1);
  program.wait_for_line("over");
}

TEST_CASE("orphans are reaped by process 1, and the app's status is exact") {
  if (!can_unshare()) {
    std::cout << "skipped: process 1 needs a process namespace, and that root and a mounted /\n";
    return;
  }
  const Words in_namespace{"unshare", "--pid", "--fork", "--mount-proc"};
  CHECK(run(in_namespace + server_runner(leave_a_hundred)).output == all_adopted_and_reaped);
  CHECK(run(in_namespace + server_runner({"/bin/sh", "-c", "exit 9"})).status == 9);
  CHECK(run(in_namespace + server_runner({"/bin/sh", "-c", "kill -SEGV $$"})).status == 139);
}

TEST_CASE("a TERM to process 1 reaches the app") {
  if (!can_unshare()) {
    std::cout << "skipped: process 1 needs a process namespace, and that root\n";
    return;
  }
  RunningProgram program(Words{"unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"} +
                         server_runner({"/bin/sh", "-c",
                                        ("trap 'echo got; exit 6' TERM; echo up;\n"
                                         "kill -TERM 1; while :; do sleep 0.01; done")}));
  program.wait_for_line("got");
  CHECK(program.wait() == 6);
}
