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

/// A descriptor that somebody else has opened and that every instance gets before those of the
/// ListenSpecs. It stays its owner's.
struct PassedSocket {
  std::string name = "unknown";
  int descriptor = -1;
};

/// What the supervisor above us (systemd, another server-runner) has put into our environment;
/// empty where there is nothing.
struct OuterSupervisor {
  std::string notify_socket = {};  // NOTIFY_SOCKET
  std::string watchdog_usec = {};  // WATCHDOG_USEC
  std::string watchdog_pid = {};   // WATCHDOG_PID
};

/// Which app is kept running, and how.
struct AppSpec {
  /// Whose process it is that supervises.
  enum class Process {
    /// An application's, which does other things too: no signal is caught, no handler set, no child
    /// reaped but our own, the terminal left alone; the app goes on when this process is killed.
    shared,
    /// It does nothing else, and there is one such supervisor in it, once. The signals TERM, INT,
    /// HUP, QUIT, USR1, USR2 and WINCH are blocked in the calling thread (which should be the only
    /// one) from start() on and for good, and go to the app; TERM and INT order it to stop; SIGPIPE
    /// is ignored; processes that were left to us (as process 1 or as a subreaper) are reaped when
    /// they end; the app gets the terminal, and TERM when the thread that runs the supervisor dies.
    dedicated,
  };

  /// What a restart that is asked for does (`RESTART=1`, Supervisor::restart()).
  enum class Replacement {
    /// The app is told to end, then started again.
    stop_first,
    /// The next instance is started beside the one that serves, which is told to end once the next
    /// one is ready, and serves on where it never is. Needs a listener. Two instances at most.
    overlap,
  };

  /// At least the command. Without a '/' it is looked for in PATH; with one it is relative to the
  /// working directory of the instance. No shell takes part.
  std::vector<std::string> command;
  /// "NAME=value", the whole of it but for what the supervisor itself tells the app.
  std::vector<std::string> environment = {};
  std::vector<ListenSpec> listeners = {};
  std::vector<PassedSocket> passed_sockets = {};
  /// None: the app runs in our working directory.
  std::optional<ReleasesSpec> releases = {};
  Readiness readiness = {};
  RestartPolicy restart = {};
  Replacement replacement = Replacement::stop_first;
  /// An app that is ready and sends no `WATCHDOG=1` for so long is aborted (ABRT, KILL after the
  /// stop timeout) and started again; 0 is off.
  std::chrono::milliseconds watchdog{0};
  /// How long the app and its group have to end once it was told to; 0 is for ever.
  std::chrono::milliseconds stop_timeout{25'000};
  /// Where a unix socket tells the status and takes orders; empty for nowhere.
  std::string control_path = {};
  /// Is told when the app is ready and when it stops, and what it says about itself.
  OuterSupervisor outer = {};
  Process process = Process::shared;
};

}  // namespace ops::supervisor
