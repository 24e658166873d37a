#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/unique_fd.hpp"
#include "loop/loop.hpp"
#include "loop/stream.hpp"
#include "loop/timer.hpp"
#include "ops/supervisor/readiness.hpp"

namespace ops::supervisor {

/// Asks an address again and again whether the app is there: by connecting, or by a GET. A try
/// that has not been answered within a second is given up for the next.
class ReadinessProbe {
 public:
  /// `readiness.sign` is `http` or `tcp`. `on_ready` is called once; the probe may be destroyed in
  /// it.
  ReadinessProbe(loop::Loop& loop, const Readiness& readiness, std::function<void()> on_ready);
  ReadinessProbe(const ReadinessProbe&) = delete;
  ReadinessProbe& operator=(const ReadinessProbe&) = delete;
  ~ReadinessProbe() = default;

 private:
  void tick();
  void try_connecting();
  void look_at_connection();
  void give_up_try();
  void ask();
  void take(std::string_view bytes);
  void answered();

  loop::Loop& loop_;
  Readiness readiness_;
  std::function<void()> on_ready_;
  base::UniqueFd connecting_;
  std::unique_ptr<loop::Stream> stream_;
  std::string status_line_;
  int ticks_left_ = 0;
  loop::Timer timer_;
};

/// Whether "HTTP/1.1 200…" is the beginning of an answer that means ready: 200 to 399.
[[nodiscard]] bool is_good_answer(std::string_view status_line);

}  // namespace ops::supervisor
