#pragma once

#include <chrono>
#include <deque>
#include <memory>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "loop/loop.hpp"
#include "middleware/token_bucket.hpp"
#include "release/journal.hpp"

namespace ops::middleware {

/// Lines of the journal that clients cause, as often as they like. So few are written that nobody
/// can fill the journal or the disk by them; the next line tells how many were left out. They are
/// written in the background, because each is synced to the disk.
class JournalNotes {
 public:
  /// A line for every event at first, then one each period.
  struct Rate {
    unsigned at_once = 10;
    std::chrono::milliseconds period = std::chrono::minutes(10);
  };

  /// `releases` is the open releases directory. The loop waits at its end for the line that is
  /// being written; log and clock must outlive the loop's use of them.
  JournalNotes(loop::Loop& loop, int releases, base::Log& log, const base::Clock& clock, Rate rate);

  /// Whether it will be written.
  bool add(release::JournalEntry entry);

 private:
  struct Writer;
  void write_next();
  void written(const Result<void>& outcome);

  loop::Loop& loop_;
  base::Log& log_;
  const base::Clock& clock_;
  TokenBucket tokens_;
  unsigned left_out_ = 0;
  std::deque<release::JournalEntry> waiting_;
  bool writing_ = false;
  std::shared_ptr<Writer> writer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace ops::middleware
