#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

namespace {

Words shell(const std::string& script) { return {"--quiet", "/bin/sh", "-c", script}; }

int status_of(const std::string& program) { return run(server_runner({program})).status; }

std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("every exit code but 99 is handed on") {
  for (const Words& way : ways_to_start()) {
    for (int code = 0; code <= 255; ++code) {
      if (code == 99) continue;
      INFO(way.front() << ", code " << code);
      CHECK(run(way + shell("exit " + std::to_string(code))).status == code);
    }
  }
}

TEST_CASE("99 is handed on where it is no restart code") {
  CHECK(run(server_runner({"--restart-code", "none"}) + shell("exit 99")).status == 99);
}

TEST_CASE("a death by signal N is 128 + N") {
  for (const Words& way : ways_to_start()) {
    // All that end a process by default, a realtime one too.
    for (const int signal :
         {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,    SIGTRAP, SIGABRT,   SIGBUS,  SIGFPE,
          SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,   SIGPIPE, SIGALRM,   SIGTERM, SIGXCPU,
          SIGXFSZ, SIGPROF, SIGPOLL, SIGVTALRM, SIGPWR,  SIGSTKFLT, SIGSYS,  SIGRTMIN + 2}) {
      INFO(way.front() << ", signal " << signal);
      const auto ended =
          run(way + shell("ulimit -c 0; kill -" + std::to_string(signal) + " $$; sleep 1000"));
      CHECK(ended.status == 128 + signal);
    }
  }
}

TEST_CASE("a death that leaves a core behind is 128 + N") {
  const TemporaryDirectory directory;
  const auto ended =
      run({"/bin/sh", "-c", "ulimit -c unlimited; cd \"$1\" && exec \"$0\" \"$2\" abort",
           OPS_SERVER_RUNNER, directory.path(), OPS_TEST_APP});
  CHECK(ended.status == 128 + SIGABRT);
}

TEST_CASE("a command that is not found is 127, and said in one line") {
  const auto ended = run(server_runner({"/no/such/command"}));
  CHECK(ended.status == 127);
  CHECK(ended.log == "server-runner: cannot run /no/such/command: command not found status=127\n");
  CHECK(status_of("no-such-command-in-the-path") == 127);
}

TEST_CASE("what is found but cannot be executed is 126") {
  const TemporaryDirectory directory;
  directory.write("forbidden", "#!/bin/sh\n");
  CHECK(status_of(directory.path()) == 126);
  CHECK(status_of(directory.file("forbidden")) == 126);
  CHECK(status_of(directory.write_program("empty", "")) == 126);
  CHECK(status_of(directory.write_program("text", "exit 0\n")) == 126);
  CHECK(status_of(directory.write_program("lost", "#!/no/such/interpreter\n")) == 126);
  const std::string whole = whole_file("/bin/true");
  for (std::size_t size = 64; size < whole.size() / 2; size = size * 2 + 13) {
    INFO("cut to " << size);
    CHECK(status_of(directory.write_program("cut", whole.substr(0, size))) == 126);
  }
}

TEST_CASE("wrong usage is 64, said in one line, and starts nothing") {
  for (const Words& words : {Words{},
                             {"--no-such-option", "sh"},
                             {"--stop-timeout", "soon", "sh"},
                             {"--listen", "nowhere", "sh"},
                             {"--overlap", "sh"},
                             {"--restart-code", "300", "sh"}}) {
    const auto ended = run(server_runner(words));
    CHECK(ended.status == 64);
    CHECK(ended.log.starts_with("server-runner: "));
    CHECK(ended.log.find('\n') == ended.log.size() - 1);
    CHECK(ended.output.empty());
  }
}

TEST_CASE("help and version go to stdout") {
  const auto help = run(server_runner({"--help"}));
  CHECK(help.status == 0);
  CHECK(help.output.starts_with("Usage: server-runner "));
  CHECK(help.output.find("--overlap") != std::string::npos);
  CHECK(help.log.empty());
  CHECK(run(server_runner({"--version"})).output.starts_with("server-runner "));
}

TEST_CASE("input and output pass through byte by byte, and nothing is added") {
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += static_cast<char>(i % 256);
  RunningProgram program(server_runner({"--verbose"}) + test_app({"echo"}));
  program.write(bytes);
  program.close_input();
  program.wait_for_end_of_output();
  CHECK(program.wait() == 0);
  CHECK(program.output() == bytes);
}

TEST_CASE("closed standard descriptors harm nobody") {
  const auto ended =
      run({"/bin/sh", "-c", "exec \"$0\" --listen 127.0.0.1:0 /bin/sh -c 'exit 5' <&- >&- 2>&-",
           OPS_SERVER_RUNNER});
  CHECK(ended.status == 5);
}

TEST_CASE("blocked signals and an ignored SIGCHLD are no obstacle") {
  const auto ignored = ::signal(SIGCHLD, SIG_IGN);
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  RunningProgram program(server_runner({}) + test_app({"signals", "3"}));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGCHLD, ignored);
  program.wait_for_line("ready");
  program.signal(SIGTERM);
  program.wait_for_line("got TERM");
  program.close_input();
  CHECK(program.wait() == 3);
}

TEST_CASE("a program that is still being written is tried again until it is whole") {
  const TemporaryDirectory directory;
  const std::string app = directory.file("app");
  std::filesystem::copy_file("/bin/true", app);
  ops::base::UniqueFd writer(::open(app.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(writer);
  RunningProgram program(server_runner({"--verbose", app}));
  program.wait_for_log("is being written");
  writer.reset();
  CHECK(program.wait() == 0);
}

TEST_CASE("a readiness probe that we, or the instance before, would answer is wrong usage") {
  const std::string port = "127.0.0.1:18999";
  for (const Words& words : {Words{"--ready", "tcp:" + port},
                             Words{"--ready", "http://" + port + "/readyz", "--overlap"}}) {
    const auto ended =
        run(server_runner({"--listen", port}) + words + Words{"/bin/sh", "-c", "echo started"});
    CHECK(ended.status == 64);
    CHECK(ended.log.find("notify") != std::string::npos);
    CHECK(ended.output.empty());
  }
}
