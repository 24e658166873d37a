#pragma once

#include <functional>
#include <memory>

#include "base/unique_fd.hpp"
#include "loop/loop.hpp"

namespace ops::loop {

/// Accepts connections from a listening socket and hands out their descriptors, non-blocking and
/// closed on exec. When the process is out of descriptors it says so, and waits a tenth of a second
/// rather than spin.
class Listener {
 public:
  Listener(Loop& loop, base::UniqueFd socket, std::function<void(base::UniqueFd)> on_connection,
           std::function<void()> on_exhausted = {});
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  /// Closes the socket. Where another process holds it too, connections wait there, none is
  /// refused.
  ~Listener();

  [[nodiscard]] int socket() const;
  void do_not_keep_loop_alive();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ops::loop
