#include "supervisor/restart_backoff.hpp"

#include <algorithm>

namespace ops::supervisor {

RestartBackoff::RestartBackoff(const Backoff& backoff) : backoff_(backoff), milliseconds_(0) {
  reset();
}

std::chrono::milliseconds RestartBackoff::next() {
  const auto cap = static_cast<double>(backoff_.cap.count());
  const double delay = std::min(milliseconds_, cap);
  // Never grows beyond the cap, so it cannot overflow however long the row is.
  milliseconds_ = std::min(delay * backoff_.factor, cap);
  return std::chrono::milliseconds(static_cast<long long>(delay));
}

void RestartBackoff::reset() { milliseconds_ = static_cast<double>(backoff_.first.count()); }

}  // namespace ops::supervisor
