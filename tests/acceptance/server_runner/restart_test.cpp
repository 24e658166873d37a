#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "client_connection.hpp"
#include "loop/listen_address.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

namespace {

using ops::base::UniqueFd;

std::string read_all(const UniqueFd& socket) {
  std::string text;
  std::array<char, 64> part{};
  for (ssize_t size = 0; (size = ::read(socket.get(), part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace

TEST_CASE("an app that exits with 99 is started again with the same words, and counts") {
  for (const Words& way : ways_to_start()) {
    const auto ended = run(way + Words{"--backoff", "0:1:0", "/bin/sh", "-c",
                                       ("echo $0 $1 $OWN $OPS_RESTART_CODE $OPS_RESTART_COUNT\n"
                                        "[ $OPS_RESTART_COUNT = 2 ] && exit 3; exit 99"),
                                       "a", "b"},
                           {"OWN=own"});
    CHECK(ended.status == 3);
    CHECK(ended.output == "a b own 99 0\na b own 99 1\na b own 99 2\n");
  }
}

TEST_CASE("each instance has the descriptors and the directory of the first") {
  const auto ended =
      run(server_runner({"--backoff", "0:1:0", "--listen", "127.0.0.1:0", "/bin/sh", "-c",
                         ("pwd -P; ls /proc/self/fd; readlink /proc/self/fd/0 /proc/self/fd/1 "
                          "/proc/self/fd/2 /proc/self/fd/3\n"
                          "[ $OPS_RESTART_COUNT = 2 ] && exit 0; exit 99")}));
  const std::string& all = ended.output;
  REQUIRE(all.size() % 3 == 0);
  const std::string one = all.substr(0, all.size() / 3);
  CHECK(all == one + one + one);
  CHECK(one.find("socket:[") != std::string::npos);
}

TEST_CASE("a program that was replaced between two runs runs in its new form") {
  const TemporaryDirectory directory;
  directory.write("app",
                  "#!/bin/sh\nprintf '#!/bin/sh\\necho new\\nexit 0\\n' > $0.new; chmod +x $0.new\n"
                  "mv $0.new $0; exit 99\n");
  std::filesystem::permissions(directory.file("app"), std::filesystem::perms::owner_all);
  CHECK(run(server_runner({"--backoff", "0:1:0", directory.file("app")})).output == "new\n");
}

TEST_CASE("other ends lead to a restart where that is asked for") {
  const std::string script = "[ $OPS_RESTART_COUNT = 2 ] && exit 0; kill -KILL $$";
  const auto ended = run(
      server_runner({"--restart", "on-failure", "--backoff", "0:1:0", "/bin/sh", "-c", script}));
  CHECK(ended.status == 0);
}

TEST_CASE("held sockets are the same in each instance, and connections wait for the next one") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  RunningProgram program(server_runner({"--backoff", "0:1:0", "--listen", "web=unix:" + path,
                                        "--listen", "127.0.0.1:0"}) +
                         test_app({"accept", "3"}));
  CHECK(program.wait_for_line("sockets") == "sockets 2 web:unknown mine");
  // All at once: each instance serves one and ends, the others wait meanwhile.
  std::vector<UniqueFd> connections;
  connections.reserve(4);
  // Each connects at once: the socket is held.
  for (int i = 0; i < 4; ++i) connections.push_back(connect_at(path));
  for (int i = 0; i < 4; ++i)
    CHECK(read_all(connections[static_cast<std::size_t>(i)]) == std::to_string(i));
  for (int i = 1; i < 4; ++i) {
    CHECK(program.wait_for_line("sockets") == "sockets 2 web:unknown mine");
  }
  CHECK(program.wait() == 0);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an app without listeners is told of none, whatever our own environment says") {
  const auto ended = run(server_runner({"/bin/sh", "-c", "env | grep -c LISTEN_"}),
                         {"LISTEN_FDS=1", "LISTEN_PID=1"});
  CHECK(ended.output == "0\n");
}

TEST_CASE("the app has no descriptors but its own") {
  const UniqueFd leaked(::open("/dev/null", O_RDONLY));
  const auto ended = run(server_runner({"--listen", "127.0.0.1:0", "ls", "/proc/self/fd"}));
  CHECK(ended.output == "0\n1\n2\n3\n4\n");
}

TEST_CASE("an address in use is 69, said in one line, and nothing is started") {
  const auto taken = ops::loop::ListenAddress::parse("127.0.0.1:0")->open();
  REQUIRE(taken.ok());
  const std::string address = *ops::loop::bound_address(taken->get());
  const auto ended = run(server_runner({"--listen", address, "/bin/sh", "-c", "echo started"}));
  CHECK(ended.status == 69);
  CHECK(ended.output.empty());
  CHECK(ended.log ==
        "server-runner: cannot listen on " + address +
            ": Address already in use; another program listens there: `ss -ltnp` shows which\n");
}

TEST_CASE("an app that says READY=1 is ready, and restarts at once") {
  const auto ended =
      run(server_runner({"--ready", "notify", "--backoff", "1000:1:1000", "/bin/sh", "-c",
                         (OPS_TELL " READY=1; exit $((99 - OPS_RESTART_COUNT * 99))")}));
  CHECK(ended.status == 0);
  CHECK(ended.log.find("ready pid=") != std::string::npos);
}

TEST_CASE("an app that is never ready is told to end") {
  const auto ended = run(server_runner(
      {"--ready", "notify", "--ready-timeout", "0.05", "/bin/sh", "-c", "exec sleep 1000"}));
  CHECK(ended.status == 143);
  CHECK(ended.log.find("not ready in time") != std::string::npos);
}

TEST_CASE("sockets that were handed to us go on to each instance, before those of --listen") {
  // One server-runner hands its socket to the next.
  const auto ended =
      run(server_runner({"--listen", "outer=127.0.0.1:0", OPS_SERVER_RUNNER, "--backoff", "0:1:0",
                         "--listen", "inner=127.0.0.1:0", "/bin/sh", "-c",
                         ("echo $LISTEN_FDS $LISTEN_FDNAMES; [ $LISTEN_PID = $$ ] && echo mine\n"
                          "[ $OPS_RESTART_COUNT = 1 ] && exit 0; exit 99")}));
  CHECK(ended.status == 0);
  CHECK(ended.output == "2 outer:inner\nmine\n2 outer:inner\nmine\n");
}

TEST_CASE("sockets that are announced and not there are an error in one line") {
  const auto ended = run(
      {"/bin/sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=3 exec \"$0\" echo started", OPS_SERVER_RUNNER});
  CHECK(ended.status == 64);
  CHECK(ended.output.empty());
  CHECK(ended.log.find("server-runner: ") == 0);
}

TEST_CASE("a supervisor above us is told that we are ready once the app is, and when we stop") {
  RunningProgram program(server_runner({"--ready", "notify", OPS_SERVER_RUNNER, "--ready", "notify",
                                        "--listen", "127.0.0.1:0"}) +
                             serving_app({}),
                         // Looking for leaks at its end the inner one would be stopped, and the
                         // CONT that follows each TERM would undo that before it was seen.
                         {"ASAN_OPTIONS=detect_leaks=0"});
  program.wait_for_line("ready 0");
  program.wait_for_log("ready pid=", 2);  // the inner one's, then the outer one's
  program.signal(SIGTERM);
  program.wait_for_line("draining 0");
  CHECK(program.wait() == 0);
}
