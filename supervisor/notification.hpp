#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ops::supervisor {

constexpr std::size_t longest_status = 256;

/// What a datagram on NOTIFY_SOCKET said, by systemd's protocol (sd_notify(3)), as far as it
/// matters here. Of what is said together, stopping outweighs being ready, and being ready
/// outweighs reloading: the reload is over already.
struct Notification {
  bool ready = false;             // READY=1: it is up, or its reload is over
  bool reloading = false;         // RELOADING=1: READY=1 follows
  bool stopping = false;          // STOPPING=1
  bool restart = false;           // RESTART=1, our own word: it wants to be started anew
  bool watchdog = false;          // WATCHDOG=1: it is alive
  bool watchdog_trigger = false;  // WATCHDOG=trigger: to be taken as if it had not been alive
  /// EXTEND_TIMEOUT_USEC=: whatever it is doing takes at least this long from now on. Never 0.
  std::optional<std::chrono::microseconds> extend_timeout = {};
  /// WATCHDOG_USEC=: from now on it is alive this often; 0 turns the watchdog off.
  std::optional<std::chrono::microseconds> watchdog_interval = {};
  /// MAINPID=. A number that somebody sent: whose it is must be looked at.
  std::optional<pid_t> main_pid = {};
  /// STATUS=, made fit to be shown: at most `longest_status` bytes of printable text. An empty one
  /// takes back what was said before.
  std::optional<std::string> status = {};

  bool operator==(const Notification&) const = default;
};

/// Reads "READY=1\nSTATUS=…". Cannot fail: a line that is unknown or makes no sense (a number with
/// a sign, or longer than a hundred years) is passed over, as is all that follows a NUL. Of values
/// that are said twice the first one counts. Allocates for a status alone.
[[nodiscard]] Notification parse_notification(std::string_view datagram);

}  // namespace ops::supervisor
