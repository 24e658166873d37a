#pragma once

// Inside src/loop only: the few steps between "there is a new process" and "it runs the program".

#include <sys/types.h>

namespace ops::loop {

struct ChildSpec;

/// What came of starting a program.
struct ChildLaunch {
  enum class Step { process, working_directory, descriptors, program };

  /// -1 where nothing runs; a process that got as far as to fail is reaped already.
  pid_t pid = -1;
  /// The step that failed, and the error number of it; 0 when the program runs.
  Step step = Step::process;
  int error = 0;
  /// The file is there; what it needs to run is not.
  bool interpreter_is_missing = false;
};

/// Starts a process and waits until it runs the program or has failed.
[[nodiscard]] ChildLaunch launch_child(const ChildSpec& spec);

}  // namespace ops::loop
