#include "cli/surroundings.hpp"

#include <unistd.h>

namespace ops::cli {

Look look_of(int fd, const std::optional<std::string>& no_color,
             const std::optional<std::string>& term) {
  const bool unwanted = (no_color && !no_color->empty()) || term == "dumb";
  return !unwanted && ::isatty(fd) == 1 ? Look::terminal : Look::plain;
}

std::string known_sources_directory(const Surroundings& surroundings) {
  const auto cache = surroundings.environment("XDG_CACHE_HOME");
  // "All paths set in these environment variables must be absolute": others are ignored.
  if (cache && cache->starts_with('/')) return *cache + "/ops/sources";
  const auto home = surroundings.environment("HOME");
  if (home && home->starts_with('/')) return *home + "/.cache/ops/sources";
  return {};
}

}  // namespace ops::cli
