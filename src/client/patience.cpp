#include "client/patience.hpp"

#include <poll.h>

#include <algorithm>

namespace ops::client {
namespace {

using std::chrono::milliseconds;

bool wait_for(int fd, milliseconds longest) {
  pollfd watched{fd, POLLIN, 0};  // poll(2) skips a negative descriptor
  return ::poll(&watched, 1, static_cast<int>(longest.count())) > 0;
}

}  // namespace

Patience::Patience(const base::Clock& clock, milliseconds limit, int interrupt)
    : clock_(&clock), end_(clock.now() + limit), interrupt_(interrupt) {}

Patience Patience::at_most(milliseconds limit) const {
  return {*clock_, std::min(limit, left()), interrupt_};
}

milliseconds Patience::left() const {
  const auto rest = std::chrono::ceil<milliseconds>(end_ - clock_->now());
  return std::max(rest, milliseconds(0));
}

bool Patience::interrupted() const { return interrupt_ >= 0 && wait_for(interrupt_, {}); }

void Patience::wait(milliseconds pause) const { wait_for(interrupt_, std::min(pause, left())); }

}  // namespace ops::client
