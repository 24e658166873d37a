#include "supervisor/readiness_watch.hpp"

#include <utility>

namespace ops::supervisor {

ReadinessWatch::ReadinessWatch(loop::Loop& loop, const Readiness& readiness, Events events)
    : settle_(loop, events.on_ready), timeout_(loop, std::move(events.on_timeout)) {
  timeout_.start(readiness.timeout);
  switch (readiness.sign) {
    case Readiness::Sign::notify:
      break;
    case Readiness::Sign::settle:
      settle_.start(readiness.settle);
      break;
    case Readiness::Sign::http:
    case Readiness::Sign::tcp:
      probe_ = std::make_unique<ReadinessProbe>(loop, readiness, std::move(events.on_ready));
      break;
  }
}

void ReadinessWatch::extend(std::chrono::milliseconds time) { timeout_.extend(time); }

}  // namespace ops::supervisor
