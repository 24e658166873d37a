#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "client/fake_ops.hpp"
#include "temporary_directory.hpp"

using ops::tests::event;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;

namespace {

// The built program as a process of its own, with stdout and stderr in one pipe.
class OpsProcess {
 public:
  OpsProcess(std::vector<std::string> arguments, std::vector<std::string> environment) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    output_.reset(ends[0]);
    const ops::base::UniqueFd writing(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, writing.get(), STDERR_FILENO);
    arguments.insert(arguments.begin(), "ops");
    pid_t pid = -1;
    const int failed = ::posix_spawn(&pid, OPS_PROGRAM, &actions, nullptr,
                                     pointers(arguments).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    REQUIRE(failed == 0);
    pid_ = pid;
  }
  OpsProcess(const OpsProcess&) = delete;
  OpsProcess& operator=(const OpsProcess&) = delete;
  ~OpsProcess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  // From any thread; never to a process that has ended here.
  void send(int signal) const {
    if (const pid_t pid = pid_; pid > 0) ::kill(pid, signal);
  }

  // Its exit status once it has ended; everything it printed is in `printed` then.
  int wait() {
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while ((got = ::read(output_.get(), buffer.data(), buffer.size())) > 0) {
      printed.append(buffer.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

  std::string printed;

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  }

  std::atomic<pid_t> pid_ = -1;
  ops::base::UniqueFd output_;
};

}  // namespace

TEST_CASE("the program hands its exit code on") {
  OpsProcess version({"--version"}, {});
  CHECK(version.wait() == 0);
  CHECK(version.printed.find("ops ") == 0);
  OpsProcess wrong({"deploy", "nothing"}, {});
  CHECK(wrong.wait() == 2);
}

TEST_CASE("the program deploys from its environment and current directory") {
  FakeOps server;
  const TemporaryDirectory files;
  files.write("message.txt", "hello\n");
  files.write("ops.json", R"({"name":"hello","url":")" + server.url() + "\"}");
  OpsProcess deploy({"deploy", "quick", "--root", files.path()},
                    {std::string("HELLO_DEPLOYBOT_PWD=") + FakeOps::password});
  CHECK(deploy.wait() == 0);
  CHECK(contains(deploy.printed, "serving 3f9a1c20b7e4 (was 8d02e5af6611)"));
}

TEST_CASE("Ctrl-C during a deploy tells that it goes on, and exits 130") {
  FakeOps server;
  const TemporaryDirectory files;
  files.write("message.txt", "hello\n");
  files.write("ops.json", R"({"name":"hello","url":")" + server.url() + "\"}");
  OpsProcess* running = nullptr;
  server.on(std::string("GET /admin/deploys/") + FakeOps::deploy + "/events",
            [&running](FakeExchange& exchange) {
              exchange.begin_stream();
              exchange.send(event(1, "production.building", R"({"message":"compiling"})"));
              running->send(SIGINT);
              exchange.hang();
            });
  // The upload waits until the test knows whom to signal.
  std::mutex known;
  known.lock();
  server.on("POST /auth", [&known](FakeExchange& exchange) {
    const std::lock_guard wait(known);
    exchange.read_body();
    exchange.reply(200, R"({"ok":true,"authKey":"v1.abc.def","expiresAt":"x"})");
  });
  OpsProcess deploy({"deploy", "quick", "--root", files.path()},
                    {std::string("HELLO_DEPLOYBOT_PWD=") + FakeOps::password});
  running = &deploy;
  known.unlock();
  CHECK(deploy.wait() == 130);
  CHECK(contains(deploy.printed, "deploy d-20260504-1: interrupted"));
  CHECK(contains(deploy.printed, "deploy d-20260504-1 goes on without you"));
}
