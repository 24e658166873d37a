#pragma once

#include <chrono>
#include <string>

namespace ops::middleware {

/// What the supervisor told this process when it started it; defaults where there is none.
struct LaunchEnvironment {
  std::string releases = {};  // OPS_RELEASES: the releases directory, absolute; empty: no deploys
  std::string release = {};   // OPS_RELEASE: the id of the release that runs here
  std::string notify_socket = {};  // NOTIFY_SOCKET: where READY=1 goes
  int restart_code = 99;           // OPS_RESTART_CODE: the exit status that means "start me again"
  bool overlaps = false;           // OPS_OVERLAP: the next process is started beside this one
  bool succeeds = false;           // OPS_SUCCESSOR: another one serves while this one starts
  std::chrono::microseconds watchdog{0};  // WATCHDOG_USEC: to give signs of life as often; 0: none
};

/// Reads it from the environment. A number that makes no sense counts as missing, and so does a
/// watchdog that waits for another process (WATCHDOG_PID).
[[nodiscard]] LaunchEnvironment read_launch_environment();

}  // namespace ops::middleware
