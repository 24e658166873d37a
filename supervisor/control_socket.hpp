#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loop/loop.hpp"
#include "ops/result.hpp"
#include "ops/supervisor/status.hpp"
#include "supervisor/control_protocol.hpp"

namespace ops::supervisor {

struct ControlLimits {
  /// One client more takes the place of the one that has been silent for longest.
  std::size_t clients = 8;
  /// A client that sends no whole line for so long is closed.
  std::chrono::milliseconds silence{30'000};
};

/// Answers, on a unix socket that only its owner can connect to, what is so now, and takes orders.
/// Any number of slow, hung or babbling clients costs a few descriptors and kilobytes, and keeps
/// neither the loop from its other work nor Loop::run from returning.
class ControlSocket {
 public:
  /// What is asked and ordered. `restart` and `stop` are called after the client has its answer and
  /// may destroy the ControlSocket.
  struct Orders {
    std::function<Status()> status;
    std::function<void()> restart;
    std::function<void()> stop;
    std::vector<HeldAddress> listeners = {};
  };

  /// Bytes, without its end. After one that is longer the client is closed.
  static constexpr std::size_t longest_line = 4096;
  /// Bytes of answers that a client may leave unread, as the kernel counts them. A client that
  /// leaves more is closed.
  static constexpr int most_unread = 64 * 1024;

  /// See PrivateSocket for what may be at `path`.
  [[nodiscard]] static Result<std::unique_ptr<ControlSocket>> open(loop::Loop& loop,
                                                                   const std::string& path,
                                                                   Orders orders,
                                                                   ControlLimits limits = {});

  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  ~ControlSocket();

 private:
  struct State;
  explicit ControlSocket(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace ops::supervisor
