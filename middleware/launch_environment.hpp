#pragma once

#include <string>

namespace ops::middleware {

/// What the supervisor told this process when it started it; defaults where there is none.
struct LaunchEnvironment {
  std::string releases = {};  // OPS_RELEASES: the releases directory, absolute; empty: no deploys
  std::string release = {};   // OPS_RELEASE: the id of the release that runs here
  std::string notify_socket = {};  // NOTIFY_SOCKET: where READY=1 goes
  int restart_code = 99;           // OPS_RESTART_CODE: the exit status that means "start me again"
};

/// Reads it from the environment. A restart code that is no number from 1 to 255 counts as missing.
[[nodiscard]] LaunchEnvironment read_launch_environment();

/// Sends one message ("READY=1") to the supervisor, as sd_notify(3) does; `socket` is a path, or
/// begins with '@' for an abstract one. Nobody listening is no error: an app must run without a
/// supervisor too.
void notify_supervisor(const std::string& socket, const std::string& message);

}  // namespace ops::middleware
