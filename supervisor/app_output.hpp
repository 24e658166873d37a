#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "loop/loop.hpp"
#include "ops/result.hpp"
#include "supervisor/output_lines.hpp"
#include "supervisor/output_relay.hpp"

namespace ops::supervisor {

/// The stdout and stderr of one instance of an app whose last lines somebody may want to see. What
/// the app prints goes on to where our own output goes, byte by byte, and the app waits where the
/// reader there is slow, as it would without us. A terminal is not relayed: the app keeps it. Stays
/// in place for as long as anybody holds the pipes.
class AppOutput {
 public:
  /// `out` and `err` are where the app's stdout and stderr are to go. They stay the caller's, and
  /// their flags as they are. Where both are one, the order between the two is kept too.
  [[nodiscard]] static Result<std::unique_ptr<AppOutput>> open(loop::Loop& loop, int out, int err);

  AppOutput(const AppOutput&) = delete;
  AppOutput& operator=(const AppOutput&) = delete;
  /// Whoever still writes to the pipes gets an error from now on. Call drain() before.
  ~AppOutput() = default;

  /// What ChildSpec::output and ChildSpec::errors are to be.
  [[nodiscard]] int stdout_for_child() const { return output_.for_child; }
  [[nodiscard]] int stderr_for_child() const { return errors_.for_child; }
  /// From now on the app alone, and whom it starts, can write. The two above are of no use then.
  void child_started();

  /// See OutputLines; empty once they were forgotten.
  [[nodiscard]] std::vector<std::string> last_lines() const;
  /// Nobody will ask for them any more. What is printed is only passed on from now on, and does not
  /// come through our memory where the kernel can do it alone (all but sockets and files that are
  /// appended to).
  void forget_lines();

  /// Passes on what has been printed until now and not yet been passed on; the lines have it in any
  /// case. To be called when the app has ended: the loop learns of that and of its last words in
  /// any order. Waits for a slow reader, but not longer than `patience`. True when nothing was held
  /// back; what was held back is passed on later, as long as this object lives.
  bool drain(std::chrono::milliseconds patience = {});

  /// Nobody can print any more, and all has been passed on.
  [[nodiscard]] bool ended() const;

 private:
  struct Way {
    int for_child = -1;
    base::UniqueFd write_end = {};
    std::unique_ptr<OutputRelay> relay = {};
  };

  AppOutput();
  [[nodiscard]] Result<void> open_relay(loop::Loop& loop, int target, OutputLines::Stream stream,
                                        Way& way);

  std::unique_ptr<OutputLines> lines_;
  Way output_;
  Way errors_;
};

}  // namespace ops::supervisor
