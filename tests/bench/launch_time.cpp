// launch_time COMMAND TIMES MEGABYTES…: how long the thread stands still that starts COMMAND, with
// so much memory in use: as the supervisor does it and by posix_spawn, until the program runs, and
// by fork, until there is a process. A line for each: MEGABYTES, the way, the median and the 99th
// percentile in microseconds.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loop/child_process.hpp"

namespace {

using Nanoseconds = std::chrono::nanoseconds;

Nanoseconds time_of(const std::function<void()>& launch) {
  const auto begin = std::chrono::steady_clock::now();
  launch();
  return std::chrono::steady_clock::now() - begin;
}

double microseconds_at(const std::vector<Nanoseconds>& sorted, double share) {
  const auto at = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
  const Nanoseconds time = sorted[std::min(at, sorted.size() - 1)];
  return std::chrono::duration<double, std::micro>(time).count();
}

// Memory that other code may write to at any time, as far as the compiler knows.
void touch(std::vector<char>& memory) {
  constexpr std::size_t page = 4096;
  for (std::size_t at = 0; at < memory.size(); at += page) {
    *const_cast<volatile char*>(&memory[at]) = 1;
  }
}

std::vector<Nanoseconds> by_loop(const std::string& command, int times) {
  std::vector<Nanoseconds> measured;
  for (int i = 0; i < times; ++i) {
    ops::loop::Loop loop;
    const ops::loop::ChildSpec spec{.argv = {command}, .environment = {}};
    ops::Result<std::unique_ptr<ops::loop::ChildProcess>, ops::loop::SpawnFailure> child =
        ops::loop::SpawnFailure{};
    measured.push_back(time_of(
        [&] { child = ops::loop::ChildProcess::spawn(loop, spec, [](ops::loop::ChildExit) {}); }));
    if (!child) std::exit(1);
    loop.run();
  }
  return measured;
}

std::vector<Nanoseconds> by(const std::function<pid_t()>& start, int times) {
  std::vector<Nanoseconds> measured;
  for (int i = 0; i < times; ++i) {
    pid_t pid = -1;
    measured.push_back(time_of([&] { pid = start(); }));
    if (pid < 0 || ::waitpid(pid, nullptr, 0) != pid) std::exit(1);
  }
  return measured;
}

void report(std::size_t megabytes, const char* way, std::vector<Nanoseconds> measured) {
  std::ranges::sort(measured);
  std::printf("%zu %s %.0f %.0f\n", megabytes, way, microseconds_at(measured, 0.5),
              microseconds_at(measured, 0.99));
}

void measure(std::size_t megabytes, std::string command, int times) {
  std::vector<char> memory(megabytes * 1024 * 1024);
  touch(memory);
  char* arguments[] = {command.data(), nullptr};
  const auto by_posix_spawn = [&arguments] {
    pid_t pid = -1;
    ::posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments, environ);
    return pid;
  };
  const auto by_fork = [&arguments] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::execve(arguments[0], arguments, environ);
      ::_exit(127);
    }
    return pid;
  };
  report(megabytes, "ops", by_loop(command, times));
  report(megabytes, "posix_spawn", by(by_posix_spawn, times));
  report(megabytes, "fork", by(by_fork, times));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 64;
  for (int i = 3; i < argc; ++i) {
    measure(std::strtoul(argv[i], nullptr, 10), argv[1], std::atoi(argv[2]));
  }
  return 0;
}
