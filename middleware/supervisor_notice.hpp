#pragma once

#include <string>
#include <string_view>

#include "ops/result.hpp"

namespace ops::middleware {

/// What becomes of a notice when the supervisor does not read for a while.
enum class Delivery {
  waits,    // it is waited for, a second at most
  dropped,  // the next one of its kind says the same
};

/// Sends one message ("READY=1") to the supervisor, as sd_notify(3) does; `socket` is what
/// NOTIFY_SOCKET says: a path, or a name that begins with '@' for an abstract address. An error
/// where nobody listens there: whether that matters is the caller's to know.
[[nodiscard]] Result<void> send_notice(const std::string& socket, std::string_view notice,
                                       Delivery delivery);

}  // namespace ops::middleware
