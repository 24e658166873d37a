#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ops::base {

/// A moment as RFC 3339 writes it, in UTC with milliseconds: "2026-05-04T12:00:00.123Z".
[[nodiscard]] std::string to_rfc3339(std::chrono::system_clock::time_point moment);

/// Reads exactly the form that to_rfc3339 writes (the fraction may be missing); nothing else.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> from_rfc3339(
    std::string_view text);

}  // namespace ops::base
