#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "ops/error.hpp"
#include "ops/supervisor/app_spec.hpp"

namespace ops::supervisor {

/// How often the supervisor above wants to hear of the process `own`: half of the time after which
/// it gives it up. None where it has set no watchdog, or one for another process.
[[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_period(const OuterSupervisor& above,
                                                                       pid_t own);

/// Tells the supervisor above us how we are, by systemd's protocol (sd_notify(3)); where there is
/// none, does nothing. It never blocks: what finds the queue of the one above full is sent later,
/// in its order, and of each kind only the last word waits.
///
/// Where the one above has set a watchdog for this process, it is told twice in each interval that
/// our loop goes round.
class OuterNotify {
 public:
  using FailureListener = std::function<void(const Error&)>;

  /// `loop` and `clock` must outlive it. `on_failure` is told of the first failure and of no other;
  /// what is said later is sent all the same. It may destroy this object.
  OuterNotify(loop::Loop& loop, const base::Clock& clock, const OuterSupervisor& above,
              FailureListener on_failure = {});
  OuterNotify(const OuterNotify&) = delete;
  OuterNotify& operator=(const OuterNotify&) = delete;
  ~OuterNotify() = default;

  /// We are up, or our reload is over.
  void ready();
  /// To be followed by ready().
  void reloading();
  void stopping();
  /// `text` is made fit to be shown; an empty one takes back what was said before.
  void status(std::string_view text);
  /// What we are doing takes at least this long from now on.
  void extend_timeout(std::chrono::microseconds time);

 private:
  void tell(std::string message);
  /// False where it must wait.
  [[nodiscard]] bool send(std::string_view message);
  void wait(std::string message);
  void send_waiting();
  void report_failure();
  /// What fails, as an error begins.
  [[nodiscard]] std::string action() const;

  const base::Clock& clock_;
  std::string address_;
  base::UniqueFd socket_;
  std::vector<std::string> waiting_;
  loop::Timer retry_;
  loop::Timer watchdog_;
  FailureListener on_failure_;
  std::optional<Error> failure_;
};

}  // namespace ops::supervisor
