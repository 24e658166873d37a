#pragma once

#include <cstdint>
#include <string>

namespace ops::deploy {

/// One event of a deploy's stream. Numbers are 1, 2, 3… and the same at every reading, also after
/// the app's restart.
struct DeployEvent {
  std::uint64_t number;
  std::string name;  // "production.building", "production.starting", "production.ready",
                     // "production.error", "stream.end"
  std::string json;  // its data, one line
};

}  // namespace ops::deploy
