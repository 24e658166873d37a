#pragma once

#include <string>
#include <string_view>

#include "ops/middleware/message.hpp"

namespace ops::middleware {

// What the server itself answers where no handler does.

/// To bytes that are not taken as a request.
[[nodiscard]] Response refusal_answer(int status, std::string_view reason);
[[nodiscard]] Response unknown_path_answer();
/// `allow` names the methods that the path has: "GET, HEAD".
[[nodiscard]] Response wrong_method_answer(const std::string& allow);
[[nodiscard]] Response too_large_answer();
/// Where a handler has failed. What went wrong is for the log, not for the client.
[[nodiscard]] Response failure_answer();

}  // namespace ops::middleware
