// What must hold however long it goes on: short in the ordinary run, long where OPS_SOAK=full is
// set. The figures are printed.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "catch.hpp"
#include "request_clients.hpp"
#include "running_program.hpp"
#include "sanitized.hpp"
#include "server_runner.hpp"
#include "soak.hpp"
#include "temporary_directory.hpp"

namespace {

constexpr int clients = 4;
constexpr long memory_growth_at_most_kb = 64;
constexpr int boot_ms = 500;

/// What a process holds.
struct Holdings {
  long descriptors = 0;
  long threads = 0;
  long memory_kb = 0;
};

long field(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + ":");
  REQUIRE(at != std::string::npos);
  return std::stol(text.substr(at + name.size() + 2));
}

Holdings holdings_of(pid_t process) {
  const std::string directory = "/proc/" + std::to_string(process);
  std::ifstream file(directory + "/status");
  std::stringstream status;
  status << file.rdbuf();
  Holdings holdings{.threads = field(status.str(), "Threads"),
                    .memory_kb = field(status.str(), "RssAnon")};
  // Of a process that may not be dumped only root sees these.
  std::error_code hidden;
  for (std::filesystem::directory_iterator fd(directory + "/fd", hidden), end; !hidden && fd != end;
       fd.increment(hidden)) {
    ++holdings.descriptors;
  }
  return holdings;
}

// Until server-runner, too, has come to the end of the launch: it sends signals on again.
void wait_until_launched(RunningProgram& program) {
  program.wait_for_line("at ");
  program.signal(SIGUSR1);
  program.wait_for_line("got USR1");
}

long zombies_of(pid_t parent) {
  long zombies = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream status(entry.path() / "stat");
    std::string number;
    std::string name;
    std::string state;
    pid_t of = 0;
    if (status >> number >> name >> state >> of && of == parent && state == "Z") ++zombies;
  }
  return zombies;
}

/// The server of the tests under server-runner, on a port of its own.
class Served {
 public:
  Served(const Words& options, const Words& app)
      : program_(server_runner(
                     Words{"--ready", "notify", "--backoff", "0:1:0", "--listen", "127.0.0.1:0"} +
                     options) +
                 serving_app(app)) {
    program_.wait_for_log("ready pid=");
  }

  [[nodiscard]] std::uint16_t port() const {
    const std::string log = program_.log();
    const std::string start = "listening address=127.0.0.1:";
    const auto at = log.find(start);
    REQUIRE(at != std::string::npos);
    return static_cast<std::uint16_t>(std::stoi(log.substr(at + start.size())));
  }
  /// Returns when the next instance serves and the one before has been told to end.
  void restart() {
    program_.wait_for_log("ready pid=", restarts_ + 1);
    program_.signal(SIGUSR1);
    program_.wait_for_line("draining " + std::to_string(restarts_++));
  }
  void end() {
    program_.wait_for_log("ready pid=", restarts_ + 1);
    program_.signal(SIGTERM);
    program_.wait_for_line("draining " + std::to_string(restarts_));
    // It ends with its number, as far as a status goes.
    CHECK(program_.wait() == restarts_ % 256);
  }

 private:
  RunningProgram program_;
  int restarts_ = 0;
};

void print(const std::string& title, RequestClients::Outcome& outcome) {
  std::cout << "soak: " << title << ": " << outcome.times.size() << " requests, " << outcome.failed
            << " failed, p50 " << outcome.milliseconds_at(0.5) << " ms, p99 "
            << outcome.milliseconds_at(0.99) << " ms, longest " << outcome.milliseconds_at(1)
            << " ms\n";
}

RequestClients::Outcome ask_in_peace(const Served& served, int requests) {
  RequestClients asking(served.port(), clients);
  REQUIRE(asking.wait_for_more(requests));
  return asking.stop();
}

RequestClients::Outcome ask_during_restarts(Served& served, int requests, int restarts) {
  RequestClients asking(served.port(), clients);
  for (int i = 0; i < restarts; ++i) {
    REQUIRE(asking.wait_for_more(requests / restarts));
    served.restart();
  }
  REQUIRE(asking.wait_for_more(1));
  return asking.stop();
}

// Asks so often without restarts, and so often during so many of them, in turns, so that whatever
// else the machine does meanwhile is felt by both; nothing may fail.
void soak(const std::string& title, Served served, int requests, int restarts) {
  const int rounds = std::min(restarts, 10);
  RequestClients::Outcome calm;
  RequestClients::Outcome restarting;
  for (int i = 0; i < rounds; ++i) {
    calm.add(ask_in_peace(served, requests / rounds));
    restarting.add(ask_during_restarts(served, requests / rounds, restarts / rounds));
  }
  print(title + ", without restarts", calm);
  print(title + ", over " + std::to_string(restarts / rounds * rounds) + " restarts", restarting);
  CHECK(calm.failed == 0);
  CHECK(restarting.failed == 0);
  served.end();
}

}  // namespace

TEST_CASE("restarts leave nothing behind: no descriptor, zombie, thread or memory", "[soak]") {
  const int restarts = soak_size(1'000, 100'000);
  // What is needed once has been got by then.
  constexpr int warm_up = 100;
  const TemporaryDirectory directory;
  RunningProgram program(
      server_runner({"--quiet", "--backoff", "0:1:0", "--listen", "127.0.0.1:0", "--control",
                     directory.file("control")}) +
      test_app({"restart", std::to_string(warm_up), std::to_string(warm_up + restarts)}));
  wait_until_launched(program);
  const Holdings before = holdings_of(program.pid());
  program.write("\n");
  wait_until_launched(program);
  const Holdings after = holdings_of(program.pid());
  const long zombies = zombies_of(program.pid());
  program.close_input();
  CHECK(program.wait() == 0);

  std::cout << "soak: " << restarts << " restarts: descriptors " << before.descriptors << " -> "
            << after.descriptors << ", threads " << after.threads << ", zombies " << zombies
            << ", anonymous memory " << before.memory_kb << " -> " << after.memory_kb << " kB\n";
  CHECK(after.descriptors == before.descriptors);
  if (before.descriptors == 0) std::cout << "skipped: root alone sees the descriptors\n";
  CHECK(zombies == 0);
  CHECK(after.threads == before.threads);
  if (is_sanitized) {
    std::cout << "skipped: how memory grows; a sanitizer keeps what was freed\n";
  } else {
    CHECK(after.threads == 1);
    CHECK(after.memory_kb - before.memory_kb <= memory_growth_at_most_kb);
  }
}

TEST_CASE("requests over restarts with a held listener: none fails", "[soak]") {
  soak("held listener", Served({}, {}), soak_size(2'000, 100'000), soak_size(20, 500));
}

TEST_CASE("requests over restarts with --overlap and a slow app: none fails", "[soak]") {
  soak("--overlap, an app that boots in 500 ms",
       Served({"--overlap"}, {"boots", std::to_string(boot_ms)}), soak_size(2'000, 100'000),
       std::max(2, soak_size(3, 500)));
}
