// Processes whose parent has died come to server-runner, as process 1 or as a subreaper.
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>

#include "catch.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"

namespace {

// Leaves a hundred processes behind, each of which ends a little later, in the app's group and out
// of it; then tells how many zombies there are once all have ended.
const std::string leave_orphans =
    "for i in $(seq 50); do (sleep 0.05 &); (setsid sleep 0.05 &); done\n"
    "while pgrep -x sleep -P $PPID > /dev/null; do :; done\n"
    "echo zombies $(ps -o stat= --ppid $PPID | grep -c ^Z)\n";

bool can_unshare() { return ::geteuid() == 0 && run({"unshare", "--pid", "true"}).status == 0; }

}  // namespace

TEST_CASE("orphans are reaped by a subreaper") {
  CHECK(run(server_runner({"/bin/sh", "-c", leave_orphans})).output == "zombies 0\n");
}

TEST_CASE("orphans are reaped by process 1, and the app's status is exact") {
  if (!can_unshare()) {
    std::cout << "skipped: process 1 needs a process namespace, and that root\n";
    return;
  }
  const Words in_namespace{"unshare", "--pid", "--fork", "--mount-proc"};
  CHECK(run(in_namespace + server_runner({"/bin/sh", "-c", leave_orphans})).output ==
        "zombies 0\n");
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
                                        "trap 'echo got; exit 6' TERM; echo up;\n"
                                        "kill -TERM 1; while :; do sleep 0.01; done"}));
  program.wait_for_line("got");
  CHECK(program.wait() == 6);
}
