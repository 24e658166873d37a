#include "middleware/journal_notes.hpp"

#include <fcntl.h>

#include <string>
#include <utility>

#include "base/unique_fd.hpp"
#include "loop/background_task.hpp"

namespace ops::middleware {

// What the work in the background uses is its own, and lives as long as it does.
struct JournalNotes::Writer {
  explicit Writer(int releases)
      : directory(::fcntl(releases, F_DUPFD_CLOEXEC, 0)), journal(directory.get(), clock) {}

  base::UniqueFd directory;
  base::SystemClock clock;
  release::Journal journal;
};

JournalNotes::JournalNotes(loop::Loop& loop, int releases, base::Log& log, const base::Clock& clock,
                           Rate rate)
    : loop_(loop),
      log_(log),
      clock_(clock),
      tokens_(rate.at_once, rate.period),
      writer_(std::make_shared<Writer>(releases)) {}

bool JournalNotes::add(release::JournalEntry entry) {
  if (!tokens_.take(clock_.now())) {
    ++left_out_;
    return false;
  }
  if (const unsigned left_out = std::exchange(left_out_, 0); left_out > 0) {
    entry.reason += " (and " + std::to_string(left_out) + " more since the last such line)";
  }
  waiting_.push_back(std::move(entry));
  write_next();
  return true;
}

void JournalNotes::write_next() {
  if (writing_ || waiting_.empty()) return;
  writing_ = true;
  const auto outcome = std::make_shared<Result<void>>();
  loop::run_in_background(
      loop_,
      [writer = writer_, entry = std::move(waiting_.front()), outcome] {
        *outcome = writer->journal.append(entry);
      },
      [this, alive = std::weak_ptr<char>(alive_), outcome] {
        if (!alive.expired()) written(*outcome);
      });
  waiting_.pop_front();
}

void JournalNotes::written(const Result<void>& outcome) {
  if (!outcome) log_.error(outcome.error().message);
  writing_ = false;
  write_next();
}

}  // namespace ops::middleware
