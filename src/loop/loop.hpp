#pragma once

#include <chrono>
#include <memory>

struct uv_loop_s;

namespace ops::loop {

/// An event loop of its own, for one thread. Everything else in this room belongs to a loop, must
/// be created, used and destroyed on that loop's thread (Waker::wake excepted), and must be gone
/// before it.
class Loop {
 public:
  enum class BrokenPipes {
    /// The process stops being ended by SIGPIPE, unless it has a handler of its own: a connection
    /// that breaks is an event, not the end.
    ignored,
    /// The process is somebody else's. Who runs the loop does so behind a BrokenPipeShield.
    left_alone,
  };

  explicit Loop(BrokenPipes broken_pipes = BrokenPipes::ignored);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// Waits for handles that are being closed and for background tasks; asserts that no handle is
  /// open.
  ~Loop();

  /// Serves events until stop() or until nothing is left that could make one.
  void run();
  /// Waits until something is due, serves what is, and returns. False: nothing is left to wait for.
  bool run_once();
  /// Serves what is due now and returns without waiting.
  void run_pending();
  /// Makes run() return after the event being served.
  void stop();

  /// Monotonic time of the event being served.
  [[nodiscard]] std::chrono::steady_clock::time_point now() const;

  /// For this room only.
  [[nodiscard]] uv_loop_s* native() const { return loop_.get(); }

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

}  // namespace ops::loop
