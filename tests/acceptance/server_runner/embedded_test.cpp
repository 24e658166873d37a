// The sample that shows how a program keeps a worker running in its own loop.
#include <sstream>

#include "catch.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"

namespace {

Words embedded(const Words& words) { return Words{OPS_EMBEDDED} + words; }

// Ends with 7 when it is told to.
const Words worker{"/bin/sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done"};

int lines_that_end(const std::string& output, const std::string& end) {
  int found = 0;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) found += line.ends_with(end) ? 1 : 0;
  return found;
}

}  // namespace

TEST_CASE("the embedded sample tells of its worker, obeys, and ends with the worker's status") {
  RunningProgram program(embedded(worker));
  program.wait_for_line("up");
  program.write("restart\n");
  // What the worker prints and what is told of it go the same way, in any order.
  program.wait_for_line("up");
  program.write("status\n");
  std::string line = program.wait_for_line("");
  while (line.starts_with("worker ")) line = program.wait_for_line("");
  CHECK((line == "starting" || line == "running"));
  program.write("stop\n");
  CHECK(program.wait() == 7);
  program.wait_for_end_of_output();
  CHECK(lines_that_end(program.output(), " started") == 2);
  CHECK(lines_that_end(program.output(), " ended, code 7") == 2);
}

TEST_CASE("the embedded sample obeys commands that come together, each of them") {
  RunningProgram program(embedded(worker));
  program.wait_for_line("up");
  program.write("status\nstop\n");
  CHECK(program.wait() == 7);
}

TEST_CASE("the embedded sample restarts a worker that asks for it, and needs nobody's commands") {
  const auto ended =
      run(embedded({"/bin/sh", "-c", "[ $OPS_RESTART_COUNT = 1 ] && exit 3; exit 99"}));
  CHECK(ended.status == 3);
  CHECK(ended.output.find(" ended, code 99\n") != std::string::npos);
  CHECK(ended.output.ends_with(" ended, code 3\n"));
}

TEST_CASE("the embedded sample without a command is wrong usage") {
  CHECK(run(embedded({})).status == 64);
}
