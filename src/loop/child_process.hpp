#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loop/loop.hpp"
#include "ops/result.hpp"

namespace ops::loop {

/// What is started, and what it gets from us. Whatever is not named here is clean in the child: it
/// leads a process group of its own, its signals have their default dispositions and none is
/// blocked, and of our descriptors it has 0, 1, 2 and the listeners.
struct ChildSpec {
  enum class Input { inherited, nothing };
  enum class Terminal {
    left_alone,
    /// Where our group is the foreground group of the terminal on descriptor 0, the child's group
    /// becomes it: it has the keyboard. Whoever asks for this takes the terminal back afterwards.
    handed_over,
  };
  /// `sigchld` is what `pidfd` falls back to where the kernel or a sandbox has no pidfd.
  enum class ExitWatch { pidfd, sigchld };

  /// At least the command. Without a '/' it is looked for in the PATH of `environment`; with one it
  /// is taken as it is, relative to `working_directory`. Never run by a shell.
  std::vector<std::string> argv;
  /// "NAME=value", the whole of it: nothing is inherited. An entry that reads just "LISTEN_PID="
  /// gets the child's process id.
  std::vector<std::string> environment;
  /// Empty: ours.
  std::string working_directory = {};
  Input input = Input::inherited;
  /// Where stdout goes; -1 leaves it as ours is. Stays the caller's.
  int output = -1;
  /// Where stderr goes; -1 is wherever stdout goes or, where that is left alone, as ours is. Stays
  /// the caller's.
  int errors = -1;
  /// Become the descriptors 3, 4, … in this order. They stay the caller's.
  std::vector<int> listeners = {};
  Terminal terminal = Terminal::left_alone;
  /// What the child gets when the thread that spawned it dies; 0 for nothing.
  int parent_death_signal = 0;
  ExitWatch exit_watch = ExitWatch::pidfd;
};

/// How a child ended: with a code, or by a signal.
struct ChildExit {
  int code = 0;
  int signal = 0;  // 0 when it exited

  /// As a shell tells it: the code, or 128 + the signal.
  [[nodiscard]] int status() const { return signal != 0 ? 128 + signal : code; }
};

/// Why nothing was started.
struct SpawnFailure {
  Error error;
  /// As a shell tells it: 127 the command was not found, 126 it was found but cannot be executed,
  /// or there was no way to start anything.
  int exit_code = 126;
  /// It may work a moment later: no more processes or memory now, or the file is being written.
  bool temporary = false;
};

/// A process that we started and watch. The loop goes on while it lives. A child does not outlive
/// its ChildProcess: the destructor kills its group and reaps it. May be destroyed in its own
/// callback.
class ChildProcess {
 public:
  /// The thread stands still until the new program runs (the memory of this process is shared with
  /// the child until then, not copied, so its size does not matter). `on_exit` comes once, after
  /// the child was reaped, from the loop and never from inside spawn().
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>, SpawnFailure> spawn(
      Loop& loop, const ChildSpec& spec, std::function<void(ChildExit)> on_exit);

  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  /// Also its process group's id.
  [[nodiscard]] pid_t pid() const;

  /// To the child itself. Nothing happens once it has ended.
  void send(int signal);
  /// To all of its group, also when the child itself has ended and others of the group have not.
  void send_to_group(int signal);
  /// Whether nobody is left in the group that we may send a signal to. True only once the child has
  /// been reaped.
  [[nodiscard]] bool group_is_empty() const;

 private:
  struct State;
  explicit ChildProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ops::loop
