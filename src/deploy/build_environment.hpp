#pragma once

#include <string>
#include <vector>

namespace ops::deploy {

/// Of `environment` ("NAME=value", ended by a null pointer) what a build may see: all but the named
/// `secrets` and what belongs to this process alone (its listeners, its supervisor's socket).
[[nodiscard]] std::vector<std::string> build_environment(const char* const* environment,
                                                         const std::vector<std::string>& secrets);

}  // namespace ops::deploy
