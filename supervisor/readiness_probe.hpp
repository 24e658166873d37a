#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/loop.hpp"
#include "loop/stream.hpp"
#include "loop/timer.hpp"
#include "ops/supervisor/readiness.hpp"

namespace ops::supervisor {

/// Asks an address again and again whether the app is there: by connecting, or by a GET. The first
/// try is made at once, the next ones after pauses that grow from 5 to 100 ms. A try that has not
/// been answered within a second is given up for the next.
class ReadinessProbe {
 public:
  /// `readiness.sign` is `http` or `tcp`. `on_ready` is called once; the probe may be destroyed in
  /// it.
  ReadinessProbe(loop::Loop& loop, const Readiness& readiness, std::function<void()> on_ready);
  ReadinessProbe(const ReadinessProbe&) = delete;
  ReadinessProbe& operator=(const ReadinessProbe&) = delete;
  ~ReadinessProbe() = default;

 private:
  void begin_try();
  void connection_is_settled();
  void try_later();
  void ask();
  void take(std::string_view bytes);
  void answered();

  loop::Loop& loop_;
  Readiness readiness_;
  std::function<void()> on_ready_;
  base::UniqueFd connecting_;
  std::unique_ptr<loop::FdWatcher> settled_;  // of `connecting_`
  std::unique_ptr<loop::Stream> stream_;
  std::string status_line_;
  std::chrono::milliseconds pause_;
  loop::Timer next_try_;
};

/// Whether "HTTP/1.1 200…" is the beginning of an answer that means ready: 200 to 399.
[[nodiscard]] bool is_good_answer(std::string_view status_line);

}  // namespace ops::supervisor
