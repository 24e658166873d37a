#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ops/supervisor/readiness.hpp"
#include "ops/supervisor/restart_policy.hpp"

namespace ops::supervisor {

/// A listening socket that is opened once, held over all restarts and given to every instance.
struct ListenSpec {
  /// What LISTEN_FDNAMES calls it.
  std::string name = "unknown";
  /// "0.0.0.0:8080", "[::]:8080", "unix:/run/app.sock".
  std::string address;
};

/// The app's program is not fixed: it comes in releases, each new one on trial.
struct ReleasesSpec {
  /// Set up where it is missing. Its link `current` tells which release runs.
  std::string directory;
  /// What the container image ships: the release `image`.
  std::string image;
  /// Which image that is, as far as its builder said; empty where he did not.
  std::string image_name = {};
};

/// Which app is kept running, and how.
struct AppSpec {
  enum class Orphans {
    left_alone,
    /// Processes that were left to us (as process 1 or as a subreaper) are reaped when they end.
    /// Only for a process that has no other children than the app.
    reaped,
  };

  /// At least the command. Without a '/' it is looked for in PATH; with one it is relative to the
  /// working directory of the instance. No shell takes part.
  std::vector<std::string> command;
  /// "NAME=value", the whole of it but for what the supervisor itself tells the app.
  std::vector<std::string> environment;
  std::vector<ListenSpec> listeners = {};
  /// None: the app runs in our working directory.
  std::optional<ReleasesSpec> releases = {};
  Readiness readiness = {};
  RestartPolicy restart = {};
  /// How long the app and its group have to end once it was told to; 0 is for ever.
  std::chrono::milliseconds stop_timeout{25'000};
  Orphans orphans = Orphans::left_alone;
};

}  // namespace ops::supervisor
