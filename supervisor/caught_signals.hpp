#pragma once

#include <array>
#include <csignal>

namespace ops::supervisor {

/// What a supervisor that has the process to itself takes and hands on.
inline constexpr std::array caught_signals{SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,
                                           SIGUSR1, SIGUSR2, SIGWINCH};

}  // namespace ops::supervisor
