#include "loop/child_process.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/os_error.hpp"
#include "base/unique_fd.hpp"
#include "loop/child_launch.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/signal_watcher.hpp"
#include "loop/timer.hpp"

namespace ops::loop {
namespace {

constexpr int command_not_found = 127;
constexpr int cannot_execute = 126;
constexpr int status_is_lost = 255;

std::string why_not_executable(int error) {
  switch (error) {
    case ENOEXEC:
      return " (it is empty, cut off, made for another machine, or a script without \"#!\")";
    case EACCES:
      return " (a program must be a file with the permission to be executed: chmod +x)";
    default:
      return {};
  }
}

std::string not_found(const std::string& command) {
  const bool searched = command.find('/') == std::string::npos;
  return "cannot run " + command + ": command not found" +
         (searched ? " in PATH; write its path, or add its directory to PATH" : "");
}

SpawnFailure describe(const ChildLaunch& launch, const ChildSpec& spec) {
  const bool temporary = launch.error == EAGAIN || launch.error == ENOMEM ||
                         launch.error == ETXTBSY || launch.error == EMFILE ||
                         launch.error == ENFILE;
  const std::string& command = spec.argv.front();
  SpawnFailure failure{{}, cannot_execute, temporary};
  switch (launch.step) {
    case ChildLaunch::Step::process:
      failure.error = base::os_error("cannot start a process for " + command, launch.error);
      break;
    case ChildLaunch::Step::working_directory:
      failure.error = base::os_error(
          "cannot run " + command + " in the directory " + spec.working_directory, launch.error);
      break;
    case ChildLaunch::Step::descriptors:
      failure.error = base::os_error("cannot hand descriptors to " + command, launch.error);
      break;
    case ChildLaunch::Step::program:
      failure.error = base::os_error("cannot run " + command, launch.error);
      failure.error.message += why_not_executable(launch.error);
      if (launch.interpreter_is_missing) {
        failure.error.message =
            "cannot run " + command +
            ": its interpreter is missing (what its first line or its header names)";
      } else if (launch.error == ENOENT) {
        failure.error.message = not_found(command);
        failure.exit_code = command_not_found;
      }
      break;
  }
  return failure;
}

base::UniqueFd open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
  // Closed on exec by itself.
  return base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
#else
  static_cast<void>(pid);
  return base::UniqueFd();
#endif
}

}  // namespace

struct ChildProcess::State {
  pid_t pid = -1;
  bool reaped = false;
  std::function<void(ChildExit)> on_exit;
  base::UniqueFd pidfd;
  std::unique_ptr<FdWatcher> pidfd_watcher;
  // Where there is no pidfd. The child may have ended before the signal was watched for: the timer
  // is the first look.
  std::unique_ptr<SignalWatcher> signal_watcher;
  std::unique_ptr<Timer> first_look;

  void watch(Loop& loop, ChildSpec::ExitWatch how) {
    if (how == ChildSpec::ExitWatch::pidfd) pidfd = open_pidfd(pid);
    if (pidfd) {
      pidfd_watcher = std::make_unique<FdWatcher>(loop, pidfd.get(), [this] { look(); });
      return;
    }
    signal_watcher = std::make_unique<SignalWatcher>(loop, SIGCHLD, [this] { look(); });
    first_look = std::make_unique<Timer>(loop, [this] { look(); });
    first_look->start(std::chrono::milliseconds(0));
  }

  void look() {
    siginfo_t status{};
    const int waited = ::waitid(P_PID, static_cast<id_t>(pid), &status, WEXITED | WNOHANG);
    if (waited == 0 && status.si_pid == 0) return;  // not this one, or not yet
    if (waited != 0 && errno == EINTR) return;
    reaped = true;
    pidfd_watcher.reset();
    signal_watcher.reset();
    first_look.reset();
    ChildExit end{status_is_lost, 0};
    if (waited == 0 && status.si_code == CLD_EXITED) end = {status.si_status, 0};
    if (waited == 0 && status.si_code != CLD_EXITED) end = {0, status.si_status};
    // The owner may destroy us in the call.
    const auto tell = std::move(on_exit);
    tell(end);
  }
};

Result<std::unique_ptr<ChildProcess>, SpawnFailure> ChildProcess::spawn(
    Loop& loop, const ChildSpec& spec, std::function<void(ChildExit)> on_exit) {
  assert(!spec.argv.empty());
  const ChildLaunch launch = launch_child(spec);
  if (launch.pid < 0) return describe(launch, spec);
  auto state = std::make_unique<State>();
  state->pid = launch.pid;
  state->on_exit = std::move(on_exit);
  state->watch(loop, spec.exit_watch);
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(state)));
}

ChildProcess::ChildProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  if (state_->reaped) return;
  send_to_group(SIGKILL);
  while (::waitpid(state_->pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

pid_t ChildProcess::pid() const { return state_->pid; }

// Until it is reaped the number is the child's, also when it has ended.
void ChildProcess::send(int signal) {
  if (!state_->reaped) ::kill(state_->pid, signal);
}

// The number is not given to anybody else while one of the group is left.
void ChildProcess::send_to_group(int signal) { ::kill(-state_->pid, signal); }

bool ChildProcess::group_is_empty() const { return state_->reaped && ::kill(-state_->pid, 0) != 0; }

}  // namespace ops::loop
