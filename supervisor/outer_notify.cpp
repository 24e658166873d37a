#include "supervisor/outer_notify.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/os_error.hpp"
#include "supervisor/decimal.hpp"
#include "supervisor/notification.hpp"
#include "supervisor/notify_address.hpp"
#include "supervisor/printable_text.hpp"

namespace ops::supervisor {
namespace {

constexpr std::chrono::milliseconds between_tries{100};
constexpr std::chrono::milliseconds least_period{1};
constexpr std::size_t longest_address = 256;  // of a wrong one, in an error

/// 0, or why not.
int send_by(int socket, const NotifyAddress& to, std::string_view message) {
  for (;;) {
    const ssize_t sent =
        ::sendto(socket, message.data(), message.size(), MSG_NOSIGNAL, to.native(), to.length);
    if (sent >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

std::string_view kind_of(std::string_view message) { return message.substr(0, message.find('=')); }

}  // namespace

std::optional<std::chrono::milliseconds> watchdog_period(const OuterSupervisor& above, pid_t own) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const auto interval = decimal(above.watchdog_usec, 1, most);
  if (above.notify_socket.empty() || !interval) return std::nullopt;
  if (!above.watchdog_pid.empty() && !decimal(above.watchdog_pid, own, own)) return std::nullopt;
  const std::chrono::microseconds half(*interval / 2);
  return std::max(least_period, std::chrono::floor<std::chrono::milliseconds>(half));
}

OuterNotify::OuterNotify(loop::Loop& loop, const base::Clock& clock, const OuterSupervisor& above,
                         FailureListener on_failure)
    : clock_(clock),
      address_(above.notify_socket),
      retry_(loop, [this] { send_waiting(); }),
      watchdog_(loop, [this] { tell("WATCHDOG=1"); }),
      on_failure_(std::move(on_failure)) {
  retry_.do_not_keep_loop_alive();
  watchdog_.do_not_keep_loop_alive();
  if (const auto period = watchdog_period(above, ::getpid())) watchdog_.start_repeating(*period);
}

void OuterNotify::ready() { tell("READY=1"); }

void OuterNotify::reloading() {
  // By this time the one above knows that it was he who has asked for the reload.
  const auto now = std::chrono::floor<std::chrono::microseconds>(clock_.now().time_since_epoch());
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void OuterNotify::stopping() { tell("STOPPING=1"); }

void OuterNotify::status(std::string_view text) {
  tell("STATUS=" + printable_text(text, longest_status));
}

void OuterNotify::extend_timeout(std::chrono::microseconds time) {
  if (time.count() > 0) tell("EXTEND_TIMEOUT_USEC=" + std::to_string(time.count()));
}

void OuterNotify::tell(std::string message) {
  if (address_.empty()) return;
  if (!waiting_.empty() || !send(message)) wait(std::move(message));
  report_failure();
}

bool OuterNotify::send(std::string_view message) {
  const auto address = notify_address(address_);
  if (!address) {
    failure_ = Error{action() + ": no path and no abstract address"};
    return true;
  }
  if (!socket_) socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int failure = socket_ ? send_by(socket_.get(), *address, message) : errno;
  if (failure == EAGAIN || failure == ENOBUFS) return false;
  if (failure != 0) failure_ = base::os_error(action(), failure);
  return true;
}

std::string OuterNotify::action() const {
  return "cannot tell the supervisor above at " + printable_text(address_, longest_address);
}

void OuterNotify::wait(std::string message) {
  std::erase_if(waiting_, [&message](const std::string& earlier) {
    return kind_of(earlier) == kind_of(message);
  });
  waiting_.push_back(std::move(message));
  if (!retry_.running()) retry_.start(between_tries);
}

void OuterNotify::send_waiting() {
  const auto still_waits =
      std::ranges::find_if(waiting_, [this](const std::string& message) { return !send(message); });
  waiting_.erase(waiting_.begin(), still_waits);
  if (!waiting_.empty()) retry_.start(between_tries);
  report_failure();
}

void OuterNotify::report_failure() {
  if (!failure_ || !on_failure_) return;
  const FailureListener listener = std::exchange(on_failure_, nullptr);
  listener(Error(*failure_));
}

}  // namespace ops::supervisor
