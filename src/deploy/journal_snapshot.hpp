#pragma once

#include <sys/types.h>

#include <ctime>
#include <vector>

#include "base/log.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// The journal's lines, read again only when its file has changed. `store` and `log` must outlive
/// it.
class JournalSnapshot {
 public:
  JournalSnapshot(const release::ReleaseStore& store, base::Log& log) : store_(store), log_(log) {}

  /// What could be read last; a journal that cannot be read is told in the log.
  [[nodiscard]] const std::vector<release::JournalEntry>& entries();

 private:
  const release::ReleaseStore& store_;
  base::Log& log_;
  std::vector<release::JournalEntry> entries_;
  off_t size_ = -1;
  std::timespec changed_ = {};
};

}  // namespace ops::deploy
