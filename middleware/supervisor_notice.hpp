#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::middleware {

/// What becomes of a notice when the supervisor does not read for a while.
enum class Delivery {
  waits,    // it is waited for, a second at most
  dropped,  // the next one of its kind says the same
};

/// A way to the supervisor. Its descriptor is there before it is needed: whoever is out of
/// descriptors can still say that he is alive.
class NoticeSocket {
 public:
  /// `address` is what NOTIFY_SOCKET says: a path, or a name that begins with '@' for an abstract
  /// address.
  [[nodiscard]] static Result<NoticeSocket> open(const std::string& address);

  /// Sends one message ("READY=1"), as sd_notify(3) does. An error where nobody listens there:
  /// whether that matters is the caller's to know.
  [[nodiscard]] Result<void> send(std::string_view notice, Delivery delivery) const;

 private:
  NoticeSocket(std::string address, base::UniqueFd fd)
      : address_(std::move(address)), fd_(std::move(fd)) {}

  std::string address_;
  base::UniqueFd fd_;
};

/// One message by a socket of its own.
[[nodiscard]] Result<void> send_notice(const std::string& address, std::string_view notice,
                                       Delivery delivery);

}  // namespace ops::middleware
