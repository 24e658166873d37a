#include "ops/supervisor/supervisor.hpp"

#include <cassert>
#include <utility>

#include "supervisor/supervision.hpp"

namespace ops::supervisor {

Supervisor::Supervisor(AppSpec spec, Observer observer)
    : spec_(std::move(spec)), observer_(std::move(observer)) {
  assert(!spec_.command.empty());
}

int Supervisor::run() { return Supervision(spec_, observer_).run(); }

}  // namespace ops::supervisor
