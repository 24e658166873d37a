#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "loop/loop.hpp"

namespace ops::loop {

/// A connected byte stream (TCP or unix socket, or the read end of a pipe) on a loop. Destroying it
/// closes the connection; no callback runs afterwards. May be destroyed in its own callbacks.
class Stream {
 public:
  /// What the owner is told. Bytes are valid during the call only: all streams of a loop share one
  /// buffer.
  struct Events {
    std::function<void(std::string_view bytes)> on_bytes;
    /// The other side has sent its last byte, or the connection broke. Comes once. A side that sent
    /// its last byte may still be waiting for an answer: write() goes on working.
    std::function<void()> on_end;
    /// All that was given to write() has been handed to the kernel.
    std::function<void()> on_drained;
  };

  /// Takes over a connected, non-blocking socket or pipe.
  Stream(Loop& loop, base::UniqueFd fd, Events events);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// Reading is off at first and may be switched at any time; what comes meanwhile waits in the
  /// kernel.
  void start_reading();
  void stop_reading();

  /// Sends at once what the kernel takes, copies and queues the rest. After a failure bytes are
  /// dropped and on_end tells.
  void write(std::string_view bytes);
  /// Bytes that wait in user space.
  [[nodiscard]] std::size_t queued() const;
  /// Sends FIN after all that was written.
  void finish_writing();

  /// The other side's address ("203.0.113.7", "2001:db8::1"), or "unix".
  [[nodiscard]] std::string peer_address() const;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace ops::loop
