#pragma once

#include "base/log.hpp"
#include "ops/supervisor/event.hpp"

namespace ops::supervisor::runner {

/// Writes what happens into the log.
void log_event(base::Log& log, const Event& event);

}  // namespace ops::supervisor::runner
