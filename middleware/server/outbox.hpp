#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "loop/stream.hpp"

namespace ops::middleware {

/// A buffer that one large request or answer has blown up is given back.
inline constexpr std::size_t most_kept_capacity = std::size_t{64} * 1024;

/// What a connection sends: gathered, so that the answers to one read go out in one write, and
/// watched, so that a client that takes nothing is noticed.
class Outbox {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Outbox(Time now) : progress_at_(now) {}

  /// Where bytes are appended.
  [[nodiscard]] std::string& bytes() { return gathered_; }
  /// Hands over what was gathered.
  void flush(loop::Stream& stream);
  /// Gathered, and not yet taken by the kernel.
  [[nodiscard]] std::size_t queued(const loop::Stream& stream) const;
  /// How long the client has taken nothing, although something waits for it. To be asked
  /// regularly: progress is seen only then.
  [[nodiscard]] std::chrono::steady_clock::duration stalled_for(const loop::Stream& stream,
                                                                Time now);

 private:
  std::string gathered_;
  std::size_t written_ = 0;
  std::size_t taken_ = 0;  // of written_, as seen last
  Time progress_at_;
};

}  // namespace ops::middleware
