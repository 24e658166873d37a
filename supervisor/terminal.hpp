#pragma once

#include <sys/types.h>

namespace ops::supervisor {

/// Makes our process group the foreground group of the terminal on descriptor 0 again, where the
/// group `from` is, and tells whether it was. Without it the shell we were started from could not
/// read a key.
bool take_back_terminal(pid_t from);
/// The same where the foreground group is one that nobody is in: an app that was not even started
/// had been given the terminal.
void take_back_terminal_from_nobody();

/// To be called when a child may have been stopped. Where `app` was (Ctrl-Z) while it had the
/// terminal, we stop too, so that the shell we were started from gets its prompt; when that lets us
/// go on, the app does, with the terminal if we have it again.
void follow_stop(pid_t app);

}  // namespace ops::supervisor
