#pragma once

namespace ops::supervisor::runner {

/// Puts right what a careless parent may have left us with: closed standard descriptors, blocked
/// signals, an ignored SIGCHLD. SIGPIPE is ignored from now on, and orphans among our descendants
/// are left to us. First thing in main.
void put_own_process_in_order();

/// From now on no signal has an effect: the exit status that is known must come out as it is,
/// whoever sends what in the last moment.
void hold_all_signals();

}  // namespace ops::supervisor::runner
