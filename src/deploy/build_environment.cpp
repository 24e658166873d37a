#include "deploy/build_environment.hpp"

#include <algorithm>
#include <string_view>

namespace ops::deploy {
namespace {

bool is_ours_alone(std::string_view name) {
  return name.starts_with("LISTEN_") || name.starts_with("WATCHDOG_") || name == "NOTIFY_SOCKET";
}

}  // namespace

std::vector<std::string> build_environment(const char* const* environment,
                                           const std::vector<std::string>& secrets) {
  std::vector<std::string> kept;
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const std::string_view name = entry.substr(0, entry.find('='));
    const bool secret = std::find(secrets.begin(), secrets.end(), name) != secrets.end();
    if (!secret && !is_ours_alone(name)) kept.emplace_back(entry);
  }
  return kept;
}

}  // namespace ops::deploy
