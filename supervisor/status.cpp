#include "ops/supervisor/status.hpp"

namespace ops::supervisor {

std::string_view to_string(Status::State state) {
  switch (state) {
    case Status::State::starting:
      return "starting";
    case Status::State::running:
      return "running";
    case Status::State::replacing:
      return "replacing";
    case Status::State::reloading:
      return "reloading";
    case Status::State::stopping:
      return "stopping";
    case Status::State::restarting:
      return "restarting";
    case Status::State::waiting:
      return "waiting";
    case Status::State::ended:
      return "ended";
  }
  return "unknown";
}

}  // namespace ops::supervisor
