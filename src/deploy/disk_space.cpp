#include "deploy/disk_space.hpp"

#include <sys/statvfs.h>

#include <string>

namespace ops::deploy {

DiskSpace space_of(int fd, const DeploySettings& settings) {
  struct statvfs state {};
  const bool is_known = ::fstatvfs(fd, &state) == 0;
  const std::uint64_t free = is_known ? std::uint64_t{state.f_bavail} * state.f_frsize : 0;
  return {free, settings.free_bytes};
}

Result<void, Refused> check_space(DiskSpace space, std::uint64_t bytes) {
  // Said like this nothing can overflow.
  if (space.left_free <= space.free && bytes <= space.free - space.left_free) return {};
  return Refused{RefusalKind::no_space,
                 "the disk has " + std::to_string(space.free) +
                     " bytes free, and this deploy needs " + std::to_string(bytes) + ", with " +
                     std::to_string(space.left_free) + " to be left: free some and send it again"};
}

}  // namespace ops::deploy
