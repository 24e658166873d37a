#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "ops/result.hpp"
#include "ops/supervisor/app_spec.hpp"

namespace ops::supervisor {

/// Where the descriptors begin that LISTEN_FDS counts.
inline constexpr int first_inherited_descriptor = 3;

/// What the variables LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say about descriptors that the
/// process `process` was started with, by systemd or another server-runner: any kind of them, not
/// sockets alone. None where they are meant for another process. Where there are not as many names
/// as descriptors, all are called `unknown`, and so is one whose name is empty.
[[nodiscard]] Result<std::vector<PassedSocket>> parse_inherited(
    const std::vector<std::string>& environment, pid_t process,
    int first = first_inherited_descriptor);

/// The same for the process itself, at its start. An error where one of them was not open from then
/// on (what the process has opened since has its close-on-exec flag set); from now on they do not
/// go to its children by accident.
[[nodiscard]] Result<std::vector<PassedSocket>> take_inherited(
    const std::vector<std::string>& environment, pid_t process,
    int first = first_inherited_descriptor);

}  // namespace ops::supervisor
