#include "deploy/build_command.hpp"

#include <signal.h>

#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "temporary_directory.hpp"

using namespace ops::deploy;

namespace {

class Run {
 public:
  explicit Run(const std::string& command,
               std::chrono::milliseconds time = std::chrono::seconds(20)) {
    std::filesystem::create_directory(place_.file("logs"));
    std::filesystem::create_directory(place_.file("tree"));
    auto log = BuildLog::create(place_.path(), "d", 1 << 20);
    REQUIRE(log.ok());
    BuildSpec spec{command,
                   place_.file("tree"),
                   {"PATH=/bin:/usr/bin", "SEEN=yes"},
                   time,
                   std::chrono::milliseconds(100)};
    auto build = BuildCommand::start(loop_, spec, std::move(log).value(),
                                     {.on_output = [this] { on_output(); },
                                      .on_time_over = [this] { time_over(); },
                                      .on_end = [this](ops::loop::ChildExit exit) { end(exit); }});
    REQUIRE(build.ok());
    build_ = std::move(build).value();
  }

  void until_end() {
    while (!exit_) loop_.run();
  }
  void until_output() {
    while (outputs_ == 0) loop_.run();
  }
  void stop() { build_->stop(); }
  void destroy() { build_.reset(); }
  [[nodiscard]] const std::optional<ops::loop::ChildExit>& exit() const { return exit_; }
  [[nodiscard]] bool time_was_over() const { return time_over_; }
  [[nodiscard]] std::string log() const { return place_.read("logs/d.log"); }
  [[nodiscard]] const TemporaryDirectory& place() const { return place_; }

 private:
  void on_output() {
    ++outputs_;
    loop_.stop();
  }
  void time_over() {
    time_over_ = true;
    build_->stop();
  }
  void end(ops::loop::ChildExit exit) {
    exit_ = exit;
    loop_.stop();
  }

  TemporaryDirectory place_;
  ops::loop::Loop loop_;
  std::unique_ptr<BuildCommand> build_;
  std::optional<ops::loop::ChildExit> exit_;
  bool time_over_ = false;
  int outputs_ = 0;
};

// A process that has ended but was not reaped by whoever inherited it counts as gone.
bool is_alive(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string number;
  std::string program;
  std::string state;
  stat >> number >> program >> state;
  return !state.empty() && state != "Z" && state != "X";
}

void check_gone(const Run& run) {
  const std::string child = run.place().read("child");
  REQUIRE_FALSE(child.empty());
  CHECK_FALSE(is_alive(child.substr(0, child.find('\n'))));
}

}  // namespace

TEST_CASE("a build runs in its tree, with its environment and with what it prints in the log") {
  Run run("pwd; echo $SEEN; echo to-stderr >&2; cat; touch made; printf unfinished");
  run.until_end();
  CHECK(run.exit()->status() == 0);
  CHECK(run.log() == run.place().file("tree") + "\nyes\nto-stderr\nunfinished\n");
  CHECK(std::filesystem::exists(run.place().file("tree/made")));
}

TEST_CASE("a build's exit status is handed on") {
  Run run("exit 3");
  run.until_end();
  CHECK(run.exit()->code == 3);
}

TEST_CASE("a build that dies by a signal is told as such") {
  Run run("kill -SEGV $$");
  run.until_end();
  CHECK(run.exit()->signal == SIGSEGV);
}

TEST_CASE("output is in the log while the build runs") {
  Run run("echo first; sleep 60");
  run.until_output();
  CHECK(run.log() == "first\n");
  CHECK_FALSE(run.exit());
}

TEST_CASE("a build whose time is over is told so, and runs on until it is stopped") {
  Run run("sleep 60", std::chrono::milliseconds(1));
  run.until_end();
  CHECK(run.time_was_over());
  CHECK(run.exit()->signal == SIGTERM);
}

TEST_CASE("a build that is stopped is stopped with all it started") {
  Run run("sleep 60 & echo $! > ../child; echo started; wait");
  run.until_output();
  run.stop();
  run.until_end();
  CHECK(run.exit()->signal == SIGTERM);
  check_gone(run);
}

TEST_CASE("a build that ignores SIGTERM is killed") {
  Run run("trap '' TERM; echo trapped; while :; do sleep 60; done");
  run.until_output();
  run.stop();
  run.until_end();
  CHECK(run.exit()->signal == SIGKILL);
}

TEST_CASE("when a build has ended nobody of its group is left who could still write") {
  Run run(
      "sh -c 'trap \"\" TERM; echo $$ > ../child; echo started; while :; do :; done' &"
      "while [ ! -s ../child ]; do :; done");
  run.until_end();
  CHECK(run.exit()->status() == 0);
  check_gone(run);
}

TEST_CASE("a process that left the group and holds the output does not hold the build") {
  Run run(
      "setsid sh -c 'echo $$ > ../escaped; exec sleep 60' & "
      "while [ ! -s ../escaped ]; do :; done; echo done");
  run.until_end();
  CHECK(run.exit()->status() == 0);
  CHECK(run.log() == "done\n");
  ::kill(std::stoi(run.place().read("escaped")), SIGKILL);
}

TEST_CASE("a build that is destroyed is killed with all it started") {
  Run run("sleep 60 & echo $! > ../child; echo started; wait");
  run.until_output();
  run.destroy();
  const std::string child = run.place().read("child");
  REQUIRE_FALSE(child.empty());
  while (is_alive(child.substr(0, child.find('\n')))) {
  }
}
