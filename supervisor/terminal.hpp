#pragma once

#include <sys/types.h>

namespace ops::supervisor {

/// Makes our process group the foreground group of the terminal on descriptor 0 again, where the
/// group `from` is. Without it the shell we were started from could not read a key.
void take_back_terminal(pid_t from);

}  // namespace ops::supervisor
