// server-runner where something that most programs count on is missing.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "running_program.hpp"
#include "sanitized.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

namespace {

using ops::base::UniqueFd;

// The programs, where every user may execute them.
class ForEverybody {
 public:
  ForEverybody() {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    std::filesystem::copy_file(OPS_SERVER_RUNNER, directory_.file("server-runner"));
    std::filesystem::copy_file(OPS_SERVING_APP, directory_.file("app"));
  }
  [[nodiscard]] Words server_runner(const Words& words) const {
    return Words{directory_.file("server-runner")} + words + Words{directory_.file("app")};
  }

 private:
  TemporaryDirectory directory_;
};

// An app starts, says that it is ready, is started again, gets a signal and ends with 1.
void live(RunningProgram& program) {
  program.wait_for_line("ready 0");
  program.signal(SIGUSR1);
  program.wait_for_line("draining 0");
  program.wait_for_line("ready 1");
  program.wait_for_log("ready pid=", 2);
  program.signal(SIGTERM);
  program.wait_for_line("draining 1");
  CHECK(program.wait() == 1);
}

void live_under(const Words& surroundings) {
  const ForEverybody programs;
  RunningProgram program(surroundings +
                         programs.server_runner({"--listen", "127.0.0.1:0", "--ready", "notify"}));
  live(program);
}

bool is_possible(const Words& surroundings) {
  if (::geteuid() == 0 && run(surroundings + Words{"true"}).status == 0) return true;
  std::cout << "skipped: " << surroundings.front() << " takes root\n";
  return false;
}

// A command in a file system of its own, after this script.
Words with_mounts(const std::string& script) {
  return {
      "unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script + " && exec \"$@\"",
      "sh"};
}

/// A pipe whose writing end has a path.
class NamedPipe {
 public:
  NamedPipe() {
    REQUIRE(::mkfifo(path().c_str(), 0600) == 0);
    end_.reset(::open(path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(end_);
  }
  [[nodiscard]] std::string path() const { return directory_.file("pipe"); }
  void fill() const {
    const std::array<char, 4096> bytes{};
    while (::write(end_.get(), bytes.data(), bytes.size()) > 0) {
    }
    while (::write(end_.get(), bytes.data(), 1) > 0) {
    }
    REQUIRE(errno == EAGAIN);
  }
  void stop_reading() { end_.reset(); }

 private:
  TemporaryDirectory directory_;
  UniqueFd end_;
};

Words with_errors_to(const std::string& path, const Words& command) {
  return Words{"/bin/sh", "-c", "exec \"$@\" 2> \"$0\"", path} + command;
}

// Restarts five times, at the end of a line of input, and ends with 6.
const Words verbose_life{
    "--verbose",
    "--backoff",
    "0:1:0",
    "/bin/sh",
    "-c",
    ("echo up; [ $OPS_RESTART_COUNT = 0 ] && read line; [ $OPS_RESTART_COUNT = 5 ] && exit 6\n"
     "exit 99")};

}  // namespace

TEST_CASE("nobody reads the log, and its pipe is full: that blocks nothing") {
  const NamedPipe log;
  log.fill();
  RunningProgram program(with_errors_to(log.path(), server_runner(verbose_life)));
  program.wait_for_line("up");
  program.write("\n");
  for (int i = 0; i < 5; ++i) program.wait_for_line("up");
  CHECK(program.wait() == 6);
}

TEST_CASE("the reader of the log dies: that ends nothing") {
  NamedPipe log;
  RunningProgram program(with_errors_to(log.path(), server_runner(verbose_life)));
  program.wait_for_line("up");
  log.stop_reading();
  program.write("\n");
  for (int i = 0; i < 5; ++i) program.wait_for_line("up");
  CHECK(program.wait() == 6);
}

TEST_CASE("the log goes to a full disk: that ends nothing") {
  RunningProgram program(with_errors_to("/dev/full", server_runner(verbose_life)));
  program.wait_for_line("up");
  program.write("\n");
  for (int i = 0; i < 5; ++i) program.wait_for_line("up");
  CHECK(program.wait() == 6);
}

TEST_CASE("whichever standard descriptors are closed, the app has all three, and no socket there") {
  constexpr std::array closings{" <&-", " >&-", " 2>&-"};
  const std::string app =
      "for fd in 0 1 2; do [ -e /proc/self/fd/$fd ] && ! [ -S /proc/self/fd/$fd ] || exit 1; done\n"
      "[ -S /proc/self/fd/3 ] && exit 5";
  for (unsigned closed = 0; closed < 8; ++closed) {
    std::string script = "exec \"$0\" --listen 127.0.0.1:0 /bin/sh -c \"$1\"";
    for (unsigned fd = 0; fd < closings.size(); ++fd) {
      if ((closed >> fd & 1U) != 0) script += closings[fd];
    }
    INFO(script);
    CHECK(run({"/bin/sh", "-c", script, OPS_SERVER_RUNNER, app}).status == 5);
  }
}

TEST_CASE("what is ignored or blocked in us is not in the app") {
  RunningProgram program({"/bin/sh", "-c",
                          ("trap '' PIPE HUP USR1; exec \"$0\" grep -E 'Sig(Blk|Ign)' "
                           "/proc/self/status"),
                          OPS_SERVER_RUNNER});
  program.wait_for_end_of_output();
  CHECK(program.wait() == 0);
  CHECK(program.output() == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a kernel or a sandbox without pidfd_open or close_range is no obstacle") {
  const auto refused =
      GENERATE(Words{"pidfd=" + std::to_string(ENOSYS)}, Words{"pidfd=" + std::to_string(EPERM)},
               Words{"close_range=" + std::to_string(ENOSYS)},
               Words{"pidfd=" + std::to_string(ENOSYS), "close_range=" + std::to_string(ENOSYS)});
  INFO(refused.front());
  live_under(Words{OPS_RESTRICTED} + refused + Words{"--"});
}

TEST_CASE("a user without any rights is no obstacle") {
  const Words user{"setpriv",        "--reuid",         "65534",
                   "--regid",        "65534",           "--clear-groups",
                   "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"};
  if (is_possible(user)) live_under(user);
}

TEST_CASE("a read-only root, no /proc and an empty /dev are no obstacle") {
  // A sanitizer reads the map of its memory from /proc.
  const std::string without_proc = is_sanitized ? "" : " && umount -l /proc";
  const Words bare =
      with_mounts("mount -t tmpfs none /dev && mount -o remount,bind,ro /" + without_proc);
  const auto as = GENERATE(Words{}, Words{"unshare", "--pid", "--fork", "--kill-child=KILL"});
  if (!is_possible(as + bare)) return;
  // Of process 1 in a namespace it is unshare(1) that gets our signals.
  if (as.empty()) live_under(bare);
  const Ended ended =
      run(as + bare +
          server_runner({"--backoff", "0:1:0", "--ready", "notify", "/bin/sh", "-c",
                         (OPS_TELL " READY=1; [ $OPS_RESTART_COUNT = 3 ] && exit 7; exit 99")}));
  CHECK(ended.status == 7);
  CHECK(count(ended.log, "ready pid=") == 4);
}

TEST_CASE("a wall clock that jumps by days, forwards or back, changes no delay") {
  const std::string direction = GENERATE("on", "back");
  // Of what is measured there are here: an uptime, a backoff, a ready timeout and a stop timeout.
  RunningProgram program(
      server_runner({"--log-format", "json", "--stop-timeout", "0.2", "--backoff", "0.05:1:0.05",
                     "--ready", "notify", "/bin/sh", "-c",
                     ("[ $OPS_RESTART_COUNT = 2 ] || exit 99\n" OPS_TELL
                      " READY=1; trap '' TERM; echo deaf; while :; do sleep 0.01; done")}),
      {"LD_PRELOAD=" OPS_JUMPING_CLOCK, "CLOCK_RUNS=" + direction});
  program.wait_for_line("deaf");
  program.wait_for_log("\"ready\"");
  CHECK(program.count_in_log("next start waits") == 2);
  program.signal(SIGTERM);
  CHECK(program.wait() == 137);
  // It did look at that clock: no two lines are of the same day.
  const std::string log = program.log();
  constexpr std::string_view before_day = "\"time\":\"";
  const auto first = log.find(before_day) + before_day.size();
  const auto second = log.find(before_day, first) + before_day.size();
  CHECK(log.substr(first, 10) != log.substr(second, 10));
}
