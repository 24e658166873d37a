#include "supervisor/deadline.hpp"

#include <utility>

namespace ops::supervisor {

using std::chrono::steady_clock;

Deadline::Deadline(loop::Loop& loop, std::function<void()> on_reached)
    : timer_(loop, std::move(on_reached)) {}

void Deadline::start(std::chrono::milliseconds time) {
  at_ = steady_clock::now() + time;
  timer_.start(time);
}

void Deadline::extend(std::chrono::milliseconds time) {
  if (timer_.running() && steady_clock::now() + time > at_) start(time);
}

}  // namespace ops::supervisor
