#include <csignal>

#include "catch.hpp"
#include "client_connection.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

TEST_CASE("an app that gives no sign of life is aborted and started again, one that does is not") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  RunningProgram program(
      server_runner({"--watchdog", "0.5", "--ready", "notify", "--listen", "unix:" + path}) +
      serving_app({}));
  program.wait_for_line("ready 0");
  program.signal(SIGUSR2);
  program.wait_for_line("ready 1");
  CHECK(program.log().find("signal=ABRT") != std::string::npos);
  CHECK(ask_at(path) == "1\n");
  program.signal(SIGTERM);
  CHECK(program.wait() == 1);
  CHECK(program.count_in_log("no sign of life") == 1);
}
