#include "middleware/signs_of_life.hpp"

#include <algorithm>
#include <utility>

namespace ops::middleware {

using std::chrono::milliseconds;

SignsOfLife::SignsOfLife(loop::Loop& loop, std::string address)
    : address_(std::move(address)), due_(loop, [this] { give(); }) {
  due_.do_not_keep_loop_alive();
}

void SignsOfLife::begin(std::chrono::microseconds interval) {
  if (interval.count() == 0 || address_.empty()) return;
  if (auto opened = NoticeSocket::open(address_)) socket_.emplace(*std::move(opened));
  if (!socket_) return;
  give();
  const auto half = std::chrono::floor<milliseconds>(interval / 2);
  due_.start_repeating(std::max(half, milliseconds(1)));
}

// One that does not arrive is missed by the supervisor; there is nobody else to be told.
void SignsOfLife::give() const {
  static_cast<void>(socket_->send("WATCHDOG=1", Delivery::dropped));
}

}  // namespace ops::middleware
