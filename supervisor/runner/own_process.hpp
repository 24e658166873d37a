#pragma once

namespace ops::supervisor::runner {

/// Puts right what a careless parent may have left us with: closed standard descriptors, blocked
/// signals, an ignored SIGCHLD. SIGPIPE is ignored from now on, and orphans among our descendants
/// are left to us. The signals that the supervisor takes wait for it: as process 1 we would never
/// hear of one that came before. First thing in main.
void put_own_process_in_order();

/// Where there will be no supervisor: signals have their usual effect.
void let_signals_act();

/// From now on no signal has an effect: the exit status that is known must come out as it is,
/// whoever sends what in the last moment.
void hold_all_signals();

/// To be called when the start is over: the code that only the start needed, most of all that there
/// is, leaves the memory of this process. Whatever is needed again comes back by itself, without
/// the disk as long as the file is in the kernel's cache.
void give_back_memory_of_start();

}  // namespace ops::supervisor::runner
