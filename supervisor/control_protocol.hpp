#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/result.hpp"
#include "ops/supervisor/status.hpp"

// What is spoken on the control socket: one JSON object a line, in both directions.

namespace ops::supervisor {

enum class ControlCommand { status, restart, stop };

/// Why a request is not followed: a word for programs, a sentence for people.
struct ControlRefusal {
  std::string code;
  std::string message;

  bool operator==(const ControlRefusal&) const = default;
};

/// A socket that is held for the app.
struct HeldAddress {
  std::string name;
  std::string address;

  bool operator==(const HeldAddress&) const = default;
};

/// All that `status` answers.
struct StatusReport {
  Status status;
  std::vector<HeldAddress> listeners;
};

/// Reads {"command":"restart"}, or the bare word for those who type. Spaces around it do not count,
/// and neither do further members of the object.
[[nodiscard]] Result<ControlCommand, ControlRefusal> parse_control_request(std::string_view line);

/// Why an order makes no sense in that state: nothing is started again once all is to end.
[[nodiscard]] std::optional<ControlRefusal> refusal_of(ControlCommand order, Status::State state);

/// The answers, each one line with its end. What does not apply is left out.
[[nodiscard]] std::string status_answer(const StatusReport& report);
[[nodiscard]] std::string accepted_answer();
[[nodiscard]] std::string refusal_answer(const ControlRefusal& refusal);

/// The other side's view of status_answer. A refusal is an error too, with its message.
[[nodiscard]] Result<StatusReport> parse_status_answer(std::string_view line);

}  // namespace ops::supervisor
