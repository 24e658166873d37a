#include "middleware/server/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace ops::middleware {
namespace {

/// Listeners, logs, files of a deploy, pipes of a build, what the app opens.
constexpr rlim_t for_the_rest = 64;

}  // namespace

std::size_t make_room_for_connections(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = static_cast<rlim_t>(wanted) + for_the_rest;
  if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = std::min(needed, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  const rlim_t room = std::max(limit.rlim_cur, for_the_rest + 1) - for_the_rest;
  return static_cast<std::size_t>(std::min(room, static_cast<rlim_t>(wanted)));
}

}  // namespace ops::middleware
