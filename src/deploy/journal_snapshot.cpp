#include "deploy/journal_snapshot.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

namespace ops::deploy {

const std::vector<release::JournalEntry>& JournalSnapshot::entries() {
  struct stat status {};
  if (::fstatat(store_.directory(), "releases.log", &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return entries_;
  }
  const bool same = status.st_size == size_ && status.st_mtim.tv_sec == changed_.tv_sec &&
                    status.st_mtim.tv_nsec == changed_.tv_nsec;
  if (same) return entries_;
  size_ = status.st_size;
  changed_ = status.st_mtim;
  auto read = store_.journal().read();
  if (read) {
    entries_ = std::move(read).value();
  } else {
    log_.error(read.error().message);
  }
  return entries_;
}

}  // namespace ops::deploy
