#include "loop/child_process.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "loop/child_launch.hpp"
#include "temporary_directory.hpp"

namespace {

using ops::base::UniqueFd;
using ops::loop::ChildExit;
using ops::loop::ChildProcess;
using ops::loop::ChildSpec;
using ops::loop::Loop;
using ops::loop::SpawnFailure;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;

  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }

  std::string read_all() {
    write_end.reset();
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = ::read(read_end.get(), part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

  // Waits until the child has written something.
  void wait_for_byte() {
    char byte = 0;
    REQUIRE(::read(read_end.get(), &byte, 1) == 1);
  }
};

ChildSpec shell(const std::string& script) {
  return ChildSpec{.argv = {"/bin/sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}};
}

// Runs a child to its end.
ChildExit run(const ChildSpec& spec) {
  Loop loop;
  std::optional<ChildExit> end;
  auto child = ChildProcess::spawn(loop, spec, [&](ChildExit how) { end = how; });
  if (!child.ok()) FAIL(child.error().error.message);
  loop.run();
  REQUIRE(end.has_value());
  return *end;
}

SpawnFailure failure_of(const std::vector<std::string>& argv) {
  Loop loop;
  auto child =
      ChildProcess::spawn(loop, ChildSpec{.argv = argv, .environment = {"PATH=/nowhere:/usr/bin"}},
                          [](ChildExit) { FAIL("what never ran cannot end"); });
  REQUIRE_FALSE(child.ok());
  return child.error();
}

std::string output_of(ChildSpec spec) {
  Pipe pipe;
  spec.output = pipe.write_end.get();
  CHECK(run(spec).status() == 0);
  return pipe.read_all();
}

std::string whole_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a child's exit code is told as it is") {
  const auto watch = GENERATE(ChildSpec::ExitWatch::pidfd, ChildSpec::ExitWatch::sigchld);
  for (const int code : {0, 1, 99, 127, 255}) {
    ChildSpec spec = shell("exit " + std::to_string(code));
    spec.exit_watch = watch;
    const ChildExit end = run(spec);
    CHECK(end.signal == 0);
    CHECK(end.status() == code);
  }
}

TEST_CASE("a child that a signal killed is told as 128 and the signal") {
  const auto watch = GENERATE(ChildSpec::ExitWatch::pidfd, ChildSpec::ExitWatch::sigchld);
  for (const int signal : {SIGTERM, SIGKILL, SIGUSR1}) {
    ChildSpec spec = shell("kill -" + std::to_string(signal) + " $$");
    spec.exit_watch = watch;
    const ChildExit end = run(spec);
    CHECK(end.signal == signal);
    CHECK(end.status() == 128 + signal);
  }
}

TEST_CASE("a command that is not there is 127") {
  const SpawnFailure by_path = failure_of({"/nowhere/app"});
  CHECK(by_path.exit_code == 127);
  CHECK_FALSE(by_path.temporary);
  CHECK(by_path.error.message == "cannot run /nowhere/app: command not found");
  CHECK(by_path.error.reason.value() == ENOENT);
  const SpawnFailure by_name = failure_of({"no-such-command-anywhere"});
  CHECK(by_name.exit_code == 127);
  CHECK(by_name.error.message.find("command not found in PATH; write its path") !=
        std::string::npos);
  CHECK(failure_of({""}).exit_code == 127);
  // A part of PATH that is no directory.
  Loop loop;
  const ChildSpec spec{.argv = {"no-such-command"}, .environment = {"PATH=/etc/passwd"}};
  const auto child = ChildProcess::spawn(loop, spec, [](ChildExit) {});
  REQUIRE_FALSE(child.ok());
  CHECK(child.error().exit_code == 127);
}

TEST_CASE("what is found but cannot be executed is 126, and never given to a shell") {
  TemporaryDirectory directory;
  CHECK(failure_of({directory.path().string()}).exit_code == 126);
  CHECK(failure_of({directory.write_program("empty", "")}).exit_code == 126);
  CHECK(failure_of({directory.write_program("text", "exit 0\n")}).exit_code == 126);
  const SpawnFailure forbidden = failure_of(
      {directory.write_program("forbidden", "#!/bin/sh\n", std::filesystem::perms(0644))});
  CHECK(forbidden.exit_code == 126);
  CHECK(forbidden.error.message.ends_with("chmod +x)"));
  const SpawnFailure lost = failure_of({directory.write_program("lost", "#!/no/such/shell\n")});
  CHECK(lost.exit_code == 126);
  CHECK(lost.error.message.find("its interpreter is missing") != std::string::npos);
  CHECK(failure_of({directory.write_program("plain", "", std::filesystem::perms(0644)) + "/below"})
            .exit_code == 126);
}

TEST_CASE("a program that was cut off anywhere before its last segment is 126") {
  TemporaryDirectory directory;
  const std::string whole = whole_file("/bin/true");
  REQUIRE(whole.size() > 8192);
  for (const std::size_t size : {std::size_t{60}, std::size_t{200}, std::size_t{1000},
                                 std::size_t{4096}, whole.size() / 2}) {
    INFO("cut to " << size << " bytes");
    const std::string file =
        directory.write_program("cut-" + std::to_string(size), whole.substr(0, size));
    CHECK(failure_of({file}).exit_code == 126);
  }
  CHECK(run(ChildSpec{.argv = {directory.write_program("whole", whole)}, .environment = {}})
            .status() == 0);
}

TEST_CASE("a file that is still being written is a temporary failure") {
  TemporaryDirectory directory;
  const std::string file = directory.write_program("busy", whole_file("/bin/true"));
  const UniqueFd writer(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  const SpawnFailure failure = failure_of({file});
  CHECK(failure.exit_code == 126);
  CHECK(failure.temporary);
}

TEST_CASE("a working directory that is not there is 126 and named") {
  Loop loop;
  ChildSpec spec = shell("exit 0");
  spec.working_directory = "/nowhere/at/all";
  const auto child = ChildProcess::spawn(loop, spec, [](ChildExit) {});
  REQUIRE_FALSE(child.ok());
  CHECK(child.error().exit_code == 126);
  CHECK(child.error().error.message.find("/nowhere/at/all") != std::string::npos);
}

TEST_CASE("a command with a slash is relative to the new working directory") {
  TemporaryDirectory directory;
  directory.write_program("app", "#!/bin/sh\npwd\n");
  CHECK(
      output_of(ChildSpec{
          .argv = {"./app"}, .environment = {}, .working_directory = directory.path().string()}) ==
      directory.path().string() + "\n");
}

TEST_CASE("PATH is searched in its order, and what is not for us is passed over") {
  TemporaryDirectory first;
  TemporaryDirectory second;
  first.write_program("tool", "#!/bin/sh\necho first\n", std::filesystem::perms(0644));
  second.write_program("tool", "#!/bin/sh\necho second\n");
  CHECK(output_of(ChildSpec{.argv = {"tool"},
                            .environment = {"PATH=/nowhere:" + first.path().string() + ":" +
                                            second.path().string()}}) == "second\n");
}

TEST_CASE("a child gets exactly the environment and the arguments that it was given") {
  ChildSpec spec{.argv = {"/bin/sh", "-c", "echo $0,$1; env", "a b", "*"},
                 .environment = {"PATH=/usr/bin:/bin", "ONE=1", "PWD=/"}};
  const std::string text = output_of(spec);
  CHECK(text.starts_with("a b,*\n"));
  CHECK(text.find("ONE=1\n") != std::string::npos);
  CHECK(text.find("HOME=") == std::string::npos);
}

TEST_CASE("a child leads a group of its own") {
  CHECK(output_of(shell("set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo leader")) == "leader\n");
}

TEST_CASE("a child has all default dispositions and no blocked signal") {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGRTMIN + 1, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  // grep rather than the shell itself: the shell sets handlers of its own.
  const std::string text =
      output_of(ChildSpec{.argv = {"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"},
                          .environment = {"PATH=/usr/bin:/bin"}});
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGRTMIN + 1, SIG_DFL);
  CHECK(text == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("the signal mask of the one that spawns is as it was") {
  sigset_t before;
  sigset_t after;
  ::sigprocmask(SIG_SETMASK, nullptr, &before);
  CHECK(run(shell("exit 0")).status() == 0);
  CHECK(failure_of({"/nowhere/app"}).exit_code == 127);
  ::sigprocmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < SIGRTMAX; ++signal) {
    CHECK(::sigismember(&before, signal) == ::sigismember(&after, signal));
  }
}

TEST_CASE("a child has descriptors 0 to 2, the listeners from 3 on, and no other") {
  // Not closed on exec, and in the way of where the listeners go.
  std::vector<UniqueFd> leaked;
  for (int i = 0; i < 5; ++i) leaked.emplace_back(::open("/dev/null", O_RDONLY));
  const UniqueFd one(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const UniqueFd two(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ChildSpec spec{.argv = {"ls", "/proc/self/fd"},
                 .environment = {"PATH=/usr/bin:/bin"},
                 .input = ChildSpec::Input::nothing,
                 .listeners = {two.get(), one.get()}};
  // The last one is the directory that ls itself reads.
  CHECK(output_of(spec) == "0\n1\n2\n3\n4\n5\n");
}

TEST_CASE("a child's input is nothing, also where the one that spawns has none") {
  ChildSpec spec = shell("cat && test -c /proc/self/fd/0");
  spec.input = ChildSpec::Input::nothing;
  const UniqueFd ours(::fcntl(0, F_DUPFD_CLOEXEC, 3));
  ::close(0);
  const auto launch = ops::loop::launch_child(spec);
  if (ours) ::dup2(ours.get(), 0);
  int status = -1;
  CHECK(::waitpid(launch.pid, &status, 0) == launch.pid);
  CHECK(status == 0);
}

TEST_CASE("listeners arrive in their order, whatever numbers they have here") {
  ChildSpec spec = shell("echo to 3 >&3; echo to 4 >&4; echo to 5 >&5");
  std::array<Pipe, 3> outputs;
  spec.listeners = {outputs[2].write_end.get(), outputs[0].write_end.get(),
                    outputs[1].write_end.get()};
  CHECK(run(spec).status() == 0);
  CHECK(outputs[2].read_all() == "to 3\n");
  CHECK(outputs[0].read_all() == "to 4\n");
  CHECK(outputs[1].read_all() == "to 5\n");
}

TEST_CASE("stdout and stderr may go different ways") {
  Pipe output;
  Pipe errors;
  ChildSpec spec = shell("echo out; echo err >&2");
  spec.output = output.write_end.get();
  SECTION("apart") {
    spec.errors = errors.write_end.get();
    CHECK(run(spec).status() == 0);
    CHECK(output.read_all() == "out\n");
    CHECK(errors.read_all() == "err\n");
  }
  SECTION("together, in their order, where nothing else is said") {
    CHECK(run(spec).status() == 0);
    CHECK(output.read_all() == "out\nerr\n");
  }
}

TEST_CASE("stdout and stderr may be exchanged, or one of them left as ours is") {
  Pipe output;
  Pipe errors;
  // In a child that has the pipes as its own 1 and 2: ours stay what they are.
  const pid_t between = ::fork();
  if (between == 0) {
    ::dup2(output.write_end.get(), 1);
    ::dup2(errors.write_end.get(), 2);
    Loop loop;
    const auto start = [&loop](int to, int errors_to, const char* script) {
      ChildSpec spec = shell(script);
      spec.output = to;
      spec.errors = errors_to;
      auto child = ChildProcess::spawn(loop, spec, [](ChildExit) {});
      loop.run();
      return child.ok();
    };
    const bool started = start(2, 1, "echo out; echo err >&2") &&
                         start(2, 2, "echo all out; echo all err >&2") &&
                         start(-1, 1, "echo out as ours; echo err to 1 >&2");
    ::_exit(started ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(between, &status, 0) == between);
  CHECK(status == 0);
  CHECK(output.read_all() == "err\nout as ours\nerr to 1\n");
  CHECK(errors.read_all() == "out\nall out\nall err\n");
}

TEST_CASE("LISTEN_PID is the child's own process id") {
  ChildSpec spec = shell("[ \"$LISTEN_PID\" = $$ ] && echo mine");
  spec.environment.push_back("LISTEN_PID=");
  CHECK(output_of(spec) == "mine\n");
}

TEST_CASE("the whole group gets a signal, also when its leader has ended") {
  Pipe pipe;
  // The one that stays behind holds the pipe open.
  ChildSpec spec = shell("sleep 1000 & echo started");
  spec.output = pipe.write_end.get();
  Loop loop;
  std::optional<ChildExit> end;
  auto child = ChildProcess::spawn(loop, spec, [&](ChildExit how) { end = how; });
  REQUIRE(child.ok());
  loop.run();
  REQUIRE(end.has_value());
  CHECK(end->status() == 0);
  CHECK_FALSE((*child)->group_is_empty());
  (*child)->send(SIGKILL);
  CHECK_FALSE((*child)->group_is_empty());
  (*child)->send_to_group(SIGKILL);
  CHECK(pipe.read_all() == "started\n");
}

TEST_CASE("a child that still runs is killed and reaped with its object") {
  Pipe pipe;
  ChildSpec spec = shell("echo started; sleep 1000");
  spec.output = pipe.write_end.get();
  Loop loop;
  auto child =
      ChildProcess::spawn(loop, spec, [](ChildExit) { FAIL("nobody is left to be told"); });
  REQUIRE(child.ok());
  pipe.wait_for_byte();
  const pid_t pid = (*child)->pid();
  child->reset();
  CHECK(::kill(pid, 0) != 0);
  pipe.read_all();
}

TEST_CASE("a child process may be destroyed while it tells of its end") {
  Loop loop;
  std::unique_ptr<ChildProcess> child;
  const auto watch = GENERATE(ChildSpec::ExitWatch::pidfd, ChildSpec::ExitWatch::sigchld);
  ChildSpec spec = shell("exit 3");
  spec.exit_watch = watch;
  int status = -1;
  auto spawned = ChildProcess::spawn(loop, spec, [&](ChildExit end) {
    child.reset();
    status = end.status();
  });
  REQUIRE(spawned.ok());
  child = std::move(*spawned);
  loop.run();
  CHECK(status == 3);
}

TEST_CASE("several children are told apart") {
  const auto watch = GENERATE(ChildSpec::ExitWatch::pidfd, ChildSpec::ExitWatch::sigchld);
  Loop loop;
  std::vector<std::unique_ptr<ChildProcess>> children;
  std::vector<int> ends(20, -1);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    ChildSpec spec = shell("exit " + std::to_string(i));
    spec.exit_watch = watch;
    auto child =
        ChildProcess::spawn(loop, spec, [&ends, i](ChildExit how) { ends[i] = how.status(); });
    REQUIRE(child.ok());
    children.push_back(std::move(*child));
  }
  loop.run();
  for (std::size_t i = 0; i < ends.size(); ++i) CHECK(ends[i] == static_cast<int>(i));
}

TEST_CASE("neither descriptors nor zombies pile up") {
  const auto open_descriptors = [] {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
  };
  Loop loop;
  const int before = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    auto child = ChildProcess::spawn(loop, shell("exit 0"), [](ChildExit) {});
    REQUIRE(child.ok());
    loop.run();
    CHECK(failure_of({"/nowhere/app"}).exit_code == 127);
  }
  CHECK(open_descriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}
