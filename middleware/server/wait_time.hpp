#pragma once

#include <chrono>

#include "middleware/server/connection_machine.hpp"
#include "ops/middleware/server.hpp"

namespace ops::middleware {

/// How long a wait may last; milliseconds::max() for one without an end.
[[nodiscard]] std::chrono::milliseconds wait_time(ConnectionWait wait, const ServerLimits& limits);

/// How often a server with these limits must look for waits that have ended: a tenth of the
/// shortest of them, from 10 to 250 ms.
[[nodiscard]] std::chrono::milliseconds check_period(const ServerLimits& limits);

}  // namespace ops::middleware
