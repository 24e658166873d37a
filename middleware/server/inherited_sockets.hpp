#pragma once

#include <vector>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::middleware {

/// The listening sockets that server-runner or systemd has handed over (LISTEN_FDS, where
/// LISTEN_PID is this process): from descriptor 3 on, made non-blocking and closed on exec. Empty
/// where there are none. The variables are unset, so that no child takes them for its own.
[[nodiscard]] Result<std::vector<base::UniqueFd>> take_inherited_sockets();

}  // namespace ops::middleware
