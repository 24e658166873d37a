#include "deploy/deploy_state.hpp"

namespace ops::deploy {

std::string_view name(DeployState state) {
  switch (state) {
    case DeployState::queued:
      return "queued";
    case DeployState::receiving:
      return "receiving";
    case DeployState::extracting:
      return "extracting";
    case DeployState::building:
      return "building";
    case DeployState::starting:
      return "starting";
    case DeployState::running:
      return "running";
    case DeployState::failed:
      return "failed";
    case DeployState::rolled_back:
      return "rolled-back";
    case DeployState::unchanged:
      return "unchanged";
  }
  return "failed";
}

bool is_end(DeployState state) { return state >= DeployState::running; }

}  // namespace ops::deploy
