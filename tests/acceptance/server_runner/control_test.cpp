#include <sys/socket.h>
#include <sys/stat.h>

#include <csignal>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "client_connection.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

TEST_CASE("the control socket tells what is so, restarts and stops, for its owner alone") {
  const TemporaryDirectory directory;
  const std::string control = directory.file("control");
  const std::string app = directory.file("app.sock");
  RunningProgram program(
      server_runner({"--control", control, "--ready", "notify", "--listen", "web=unix:" + app}) +
      serving_app({}));
  program.wait_for_log("ready pid=");
  struct stat status {};
  REQUIRE(::stat(control.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(ask_at(control, "restart\n") == "{\"ok\":true}\n");
  program.wait_for_line("ready 1");
  program.wait_for_log("ready pid=", 2);
  const std::string answer = ask_at(control, "{\"command\":\"status\"}\n");
  CHECK(answer.find(R"("state":"running")") != std::string::npos);
  CHECK(answer.find(R"("restarts":1)") != std::string::npos);
  CHECK(answer.find(R"("name":"web")") != std::string::npos);
  const auto shown = run(server_runner({"--status", control}));
  CHECK(shown.status == 0);
  CHECK(shown.output.starts_with("running  pid "));
  CHECK(ask_at(control, "stop\n") == "{\"ok\":true}\n");
  CHECK(program.wait() == 1);
  CHECK(::stat(control.c_str(), &status) != 0);
  const auto gone = run(server_runner({"--status", control}));
  CHECK(gone.status == 4);
  CHECK(gone.output.empty());
}

TEST_CASE("two server-runners do not share a control socket") {
  const TemporaryDirectory directory;
  const std::string control = directory.file("control");
  RunningProgram first(server_runner({"--control", control, "/bin/sh", "-c", "echo up; read x"}));
  first.wait_for_line("up");
  const auto second = run(server_runner({"--control", control, "/bin/sh", "-c", "echo started"}));
  CHECK(second.status == 69);
  CHECK(second.output.empty());
}

TEST_CASE(
    "clients that send garbage, or nothing, keep nobody from the status, nor us from the end") {
  const TemporaryDirectory directory;
  const std::string control = directory.file("control");
  RunningProgram program(
      server_runner({"--control", control, "/bin/sh", "-c", "echo up; read x; exit 3"}));
  program.wait_for_line("up");
  const std::string garbage(1'000'000, '\xff');
  const ops::base::UniqueFd silent = connect_at(control);
  const ops::base::UniqueFd loud = connect_at(control);
  for (std::size_t sent = 0; sent < garbage.size();) {
    const ssize_t size =
        ::send(loud.get(), garbage.data() + sent, garbage.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) break;  // it was shown the door
    sent += static_cast<std::size_t>(size);
  }
  CHECK(ask_at(control, "status\n").starts_with("{\"ok\":true"));
  program.close_input();
  CHECK(program.wait() == 3);
}
