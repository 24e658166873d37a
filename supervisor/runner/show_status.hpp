#pragma once

#include <chrono>
#include <string>

#include "base/log.hpp"
#include "supervisor/control_protocol.hpp"

namespace ops::supervisor::runner {

/// What `server-runner --status PATH` prints and ends with.
struct ShownStatus {
  // As an init script's `status` ends by the LSB: 0 for a service that runs, 3 for one that does
  // not, 4 where that cannot be told.
  static constexpr int serves = 0;
  static constexpr int serves_not = 3;
  static constexpr int unknown = 4;

  int exit_code = unknown;
  /// For stdout, lines with their ends.
  std::string text = {};
  /// For stderr: one line without its end, or nothing.
  std::string error = {};
};

/// Asks the server-runner that was started with `--control PATH`, and waits for the answer, for
/// `patience` at most. In JSON the answer is shown as it came.
[[nodiscard]] ShownStatus show_status(const std::string& path, base::Log::Format format,
                                      std::chrono::milliseconds patience = std::chrono::seconds(2));

/// For people: a line with the essentials, and one for each thing more that is known. What
/// would steer a terminal becomes '?'.
[[nodiscard]] std::string describe(const StatusReport& report);

}  // namespace ops::supervisor::runner
