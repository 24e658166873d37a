#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/loop.hpp"
#include "supervisor/output_target.hpp"

namespace ops::supervisor {

/// Both ends of a pipe.
struct PipeEnds {
  base::UniqueFd reading;
  base::UniqueFd writing;
};

/// Carries the bytes that come out of a pipe to a descriptor of ours, all of them, in their order,
/// inside the kernel where it can. While the target is full the pipe is left to fill up too, so
/// that who writes into it waits as he would without us. What the target refuses is dropped. Never
/// blocks the loop, never keeps it alive, and wakes up only when there is something to carry.
class OutputRelay {
 public:
  /// Sees the bytes on their way.
  struct Tap {
    /// Empty and of our own.
    PipeEnds pipe;
    std::function<void(std::string_view)> on_bytes;
  };

  /// `source` becomes non-blocking; the write end of the pipe is not affected.
  OutputRelay(loop::Loop& loop, base::UniqueFd source, int target, Tap tap);
  OutputRelay(const OutputRelay&) = delete;
  OutputRelay& operator=(const OutputRelay&) = delete;
  ~OutputRelay() = default;

  void remove_tap() { tap_ = {}; }

  /// Carries what lies in the pipe now; what is written meanwhile may wait. Stands still only where
  /// the target is full, and until `deadline` at most. True when the target has all of it. The tap
  /// sees all of it in any case.
  [[nodiscard]] bool drain(std::chrono::steady_clock::time_point deadline);

  /// Nobody can write into the pipe any more, and all has been carried.
  [[nodiscard]] bool ended() const { return !source_; }

 private:
  enum class Step { carried, nothing_left, full, ended };

  void carry();
  [[nodiscard]] Step step();
  [[nodiscard]] Step move();
  [[nodiscard]] Step copy();
  [[nodiscard]] Step give(std::string_view bytes);
  [[nodiscard]] Step drop();
  [[nodiscard]] Handover peek(std::span<char> bytes);
  void consumed(std::size_t bytes);
  void settle(Step step);

  base::UniqueFd source_;
  OutputTarget target_;
  Tap tap_;
  std::optional<loop::FdWatcher> watcher_;  // none once it has ended
  enum class Way { moved, copied } way_ = Way::moved;
  bool awaits_room_ = false;
  std::size_t tapped_ = 0;      // so many bytes at the front of the pipe the tap has seen
  std::uint64_t consumed_ = 0;  // so many were ever taken out of the pipe
  std::string held_;            // taken out, and not taken by the target yet; while copying only
};

}  // namespace ops::supervisor
