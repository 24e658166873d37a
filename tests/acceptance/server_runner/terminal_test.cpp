#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "server_runner.hpp"

namespace {

using ops::base::UniqueFd;

/// A program that leads a session on a terminal of its own, as one started from a login shell does.
class OnTerminal {
 public:
  explicit OnTerminal(Words argv) : keyboard_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE(::grantpt(keyboard_.get()) == 0);
    REQUIRE(::unlockpt(keyboard_.get()) == 0);
    const std::string name = ::ptsname(keyboard_.get());
    std::vector<char*> arguments;
    for (std::string& word : argv) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::setsid();
      const int terminal = ::open(name.c_str(), O_RDWR);
      ::ioctl(terminal, TIOCSCTTY, 0);
      for (const int fd : {0, 1, 2}) ::dup2(terminal, fd);
      ::execv(arguments.front(), arguments.data());
      ::_exit(127);
    }
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  ~OnTerminal() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }

  void type(const std::string& keys) {
    REQUIRE(::write(keyboard_.get(), keys.data(), keys.size()) ==
            static_cast<ssize_t>(keys.size()));
  }
  // Reads the screen until it shows `text`.
  void wait_for(const std::string& text) {
    while (screen_.find(text) == std::string::npos) {
      pollfd readable{keyboard_.get(), POLLIN, 0};
      REQUIRE(::poll(&readable, 1, 30'000) == 1);
      std::array<char, 256> part{};
      const ssize_t size = ::read(keyboard_.get(), part.data(), part.size());
      INFO("the screen shows\n" << screen_);
      REQUIRE(size > 0);
      screen_.append(part.data(), static_cast<std::size_t>(size));
    }
  }
  /// Reads the screen until nobody can write to it any more.
  void wait_for_end() {
    for (;;) {
      pollfd readable{keyboard_.get(), POLLIN, 0};
      REQUIRE(::poll(&readable, 1, 30'000) == 1);
      std::array<char, 256> part{};
      const ssize_t size = ::read(keyboard_.get(), part.data(), part.size());
      if (size <= 0) return;  // EIO, on a terminal
      screen_.append(part.data(), static_cast<std::size_t>(size));
    }
  }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] const std::string& screen() const { return screen_; }

 private:
  UniqueFd keyboard_;
  pid_t pid_ = -1;
  std::string screen_;
};

constexpr const char* control_c = "\x03";
constexpr const char* control_d = "\x04";
constexpr const char* control_z = "\x1a";

}  // namespace

TEST_CASE("on a terminal the app has the keyboard, and Ctrl-C reaches it once") {
  for (const Words& way : ways_to_start()) {
    INFO(way.front());
    OnTerminal program(way + Words{"--quiet"} + test_app({"signals", "8"}));
    program.wait_for("ready");
    program.type("x\n");
    program.wait_for("read");
    program.type(control_c);
    program.wait_for("got INT");
    program.type(control_d);
    program.wait_for_end();
    CHECK(program.wait() == 8);
    CHECK(program.screen().find("got INT") == program.screen().rfind("got INT"));
  }
}

TEST_CASE("the next instance has the keyboard too, and afterwards the one before us") {
  // The shell is in front of server-runner on this terminal; it reads a line when that has ended.
  const std::string script =
      "\"$0\" --quiet --backoff 0:1:0 /bin/sh -c '"
      "echo asks $OPS_RESTART_COUNT; read line; [ $line = again ] && exit 99; exit 0'\n"
      "read line; echo shell $line";
  OnTerminal program({"/bin/sh", "-c", script, OPS_SERVER_RUNNER});
  program.wait_for("asks 0");
  program.type("again\n");
  program.wait_for("asks 1");
  program.type("enough\n");
  program.type("reads\n");
  program.wait_for("shell reads");
  CHECK(program.wait() == 0);
}

TEST_CASE("a program that cannot be started leaves the terminal to the one before us") {
  OnTerminal program({"/bin/sh", "-c",
                      "\"$0\" ./no-such-program; echo status $?; read line; echo shell $line",
                      OPS_SERVER_RUNNER});
  program.wait_for("status 127");
  program.type("reads\n");
  program.wait_for("shell reads");
  CHECK(program.wait() == 0);
}

TEST_CASE("Ctrl-Z stops app and server-runner alike, and both go on with the terminal") {
  OnTerminal program({"/bin/bash", "--norc", "--noprofile", "-i"});
  program.type(std::string(OPS_SERVER_RUNNER) +
               " --quiet /bin/sh -c 'echo up; read line; echo got $line; exit 5'\n");
  program.wait_for("up\r\n");
  program.type(control_z);
  program.wait_for("Stopped");
  program.type("echo shell li''ves\n");
  program.wait_for("shell lives");
  program.type("fg\n");
  program.type("again\n");
  program.wait_for("got again");
  program.type("exit $?\n");
  program.wait_for_end();
  CHECK(program.wait() == 5);
}

TEST_CASE("Ctrl-C ends an app for good, also where crashes are restarted") {
  OnTerminal program(Words{OPS_SERVER_RUNNER, "--quiet", "--restart", "always", "/bin/sh", "-c",
                           "echo up $OPS_RESTART_COUNT; exec sleep 1000"});
  program.wait_for("up 0");
  program.type(control_c);
  program.wait_for_end();
  CHECK(program.wait() == 130);
  CHECK(program.screen().find("up 1") == std::string::npos);
}

TEST_CASE("a terminal that stops who writes in its background does not stop us") {
  OnTerminal program({"/bin/sh", "-c",
                      "stty tostop; exec \"$0\" --verbose /bin/sh -c 'echo up; read x; exit 3'",
                      OPS_SERVER_RUNNER});
  program.wait_for("started");
  program.wait_for("up");
  program.type("x\n");
  program.wait_for("code=3");
  CHECK(program.wait() == 3);
}

TEST_CASE("started in the background it leaves the terminal to the shell, and so does its app") {
  OnTerminal program({"/bin/bash", "--norc", "--noprofile", "-i"});
  program.type(std::string(OPS_SERVER_RUNNER) +
               " --quiet --backoff 0:1:0 /bin/sh -c 'echo up $OPS_RESTART_COUNT\n"
               "[ $OPS_RESTART_COUNT = 1 ] || exit 99; exec sleep 1000' &\n");
  program.wait_for("up 1\r\n");
  program.type("read line; echo shell reads $line\n");
  program.type("a line\n");
  program.wait_for("shell reads a line");
  program.type("kill $!; wait $!; exit $?\n");
  program.wait_for_end();
  CHECK(program.wait() == 143);
}
