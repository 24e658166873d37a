#include "supervisor/orphan_reaper.hpp"

#include <sys/wait.h>

#include <csignal>
#include <utility>

namespace ops::supervisor {

OrphanReaper::OrphanReaper(loop::Loop& loop, std::function<bool(pid_t)> is_ours)
    : is_ours_(std::move(is_ours)), child_signal_(loop, SIGCHLD, [this] { reap(); }) {
  child_signal_.do_not_keep_loop_alive();
}

void OrphanReaper::reap() {
  for (;;) {
    // Looks first: the status of a child of ours must stay for the one who waits for it.
    siginfo_t ended{};
    const int found = ::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT);
    if (found != 0 || ended.si_pid == 0 || is_ours_(ended.si_pid)) return;
    ::waitpid(ended.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace ops::supervisor
