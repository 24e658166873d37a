#pragma once

#include <chrono>
#include <string_view>

#include "ops/result.hpp"
#include "ops/supervisor/app_spec.hpp"

namespace ops::supervisor::runner {

// What the values of options mean. Each error says what is wrong with the value and what it should
// look like; which option it belongs to is added by the caller.

[[nodiscard]] Result<int> parse_exit_code(std::string_view text);

/// "25", "0.5". What is more than 0 is at least a millisecond.
[[nodiscard]] Result<std::chrono::milliseconds> parse_seconds(std::string_view text);

/// FIRST:FACTOR:CAP, in seconds.
[[nodiscard]] Result<Backoff> parse_backoff(std::string_view text);

/// [NAME=]ADDR
[[nodiscard]] Result<ListenSpec> parse_listen(std::string_view text);

/// notify | http://HOST[:PORT][/PATH] | tcp:HOST:PORT | settle:SECONDS, put into what `readiness`
/// has already.
[[nodiscard]] Result<Readiness> parse_ready(std::string_view text, Readiness readiness);

}  // namespace ops::supervisor::runner
