#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/loop.hpp"

namespace ops::supervisor {

/// What came of giving bytes to an OutputTarget.
struct Handover {
  enum class Outcome {
    taken,
    full,          // whoever reads there is slow: wait for room
    refused,       // nobody reads there any more, the disk is full, …
    nothing_left,  // the pipe is empty
    ended,         // the pipe is empty, and nobody can write into it any more
    unsupported,   // the kernel does not move bytes from a pipe to there
  };

  Outcome outcome = Outcome::taken;
  std::size_t bytes = 0;  // of `taken`
};

/// A descriptor that is written to without ever waiting for the one who reads it. It may be shared
/// with other processes, so its flags are not touched: O_NONBLOCK would be theirs too. It stays its
/// owner's. SIGPIPE must be ignored or blocked.
class OutputTarget {
 public:
  /// `on_room` comes once for each await_room().
  OutputTarget(loop::Loop& loop, int fd, std::function<void()> on_room);
  OutputTarget(const OutputTarget&) = delete;
  OutputTarget& operator=(const OutputTarget&) = delete;
  ~OutputTarget() = default;

  /// Moves bytes from a pipe inside the kernel.
  [[nodiscard]] Handover take_from(int pipe, std::size_t most);
  /// Takes bytes, maybe only the first of them.
  [[nodiscard]] Handover take(std::string_view bytes);

  /// To be called when it was full.
  void await_room();
  /// Stands still, at most so long, until there is room.
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds patience) const;

 private:
  enum class Kind { file, socket, other };

  [[nodiscard]] static Kind kind_of(int fd);
  [[nodiscard]] bool can_be_full() const { return room_ != nullptr; }
  void found_room();

  int fd_;
  Kind kind_;
  std::function<void()> on_room_;
  base::UniqueFd epoll_;
  std::unique_ptr<loop::FdWatcher> room_;  // none where writing never waits for anybody
};

/// How many bytes lie in a pipe.
[[nodiscard]] std::size_t bytes_in(int pipe);

}  // namespace ops::supervisor
