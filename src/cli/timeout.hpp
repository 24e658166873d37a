#pragma once

#include <chrono>
#include <string>

#include "ops/result.hpp"

namespace ops::cli {

/// How long a deploy is waited for unless --timeout says otherwise: longer than the longest build
/// and start that a server allows by itself.
inline constexpr const char* default_timeout = "1200";

/// How long the answer to a question is waited for.
inline constexpr std::chrono::seconds question_limit{60};

/// Reads seconds, "1" or "0.5", more than nothing and at most a day.
[[nodiscard]] Result<std::chrono::milliseconds> parse_timeout(const std::string& text);

}  // namespace ops::cli
