#include "release/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/sha256.hpp"
#include "release/journal_chain.hpp"
#include "release/journal_compaction.hpp"
#include "release/journal_line.hpp"
#include "release/journal_reader.hpp"
#include "release/whole_lines.hpp"

namespace ops::release {
namespace {

constexpr const char* file_name = "releases.log";
constexpr const char* older_file_name = "releases.log.1";

struct End {
  off_t size = 0;         // of all whole lines
  std::string last_line;  // without its line feed
};

Result<std::string> read_tail(int file, off_t size, off_t most) {
  const off_t from = size > most ? size - most : 0;
  std::string tail(static_cast<std::size_t>(size - from), '\0');
  std::size_t got = 0;
  while (got < tail.size()) {
    const ssize_t n =
        ::pread(file, tail.data() + got, tail.size() - got, from + static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return base::os_error("cannot read releases.log");
    if (n == 0) return Error{"cannot read releases.log: it became shorter"};
    got += static_cast<std::size_t>(n);
  }
  return tail;
}

// Nothing where the tail is too short to tell.
std::optional<End> end_in(const std::string& tail, off_t size) {
  const bool all = static_cast<off_t>(tail.size()) == size;
  const std::size_t feed = tail.rfind('\n');
  if (feed == tail.npos) return all ? std::optional<End>(End{}) : std::nullopt;
  const std::size_t before = feed == 0 ? tail.npos : tail.rfind('\n', feed - 1);
  if (before == tail.npos && !all) return std::nullopt;
  const std::size_t start = before == tail.npos ? 0 : before + 1;
  const auto torn = static_cast<off_t>(tail.size() - feed - 1);
  return End{size - torn, tail.substr(start, feed - start)};
}

// Where the last whole line ends. Two longest lines are looked at, a torn one and the one before,
// and more only where something else was written there.
Result<End> find_end(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return base::os_error("cannot look at releases.log");
  for (auto most = static_cast<off_t>(longest_line) * 2;; most *= 2) {
    const auto tail = read_tail(file, status.st_size, most);
    if (!tail) return tail.error();
    if (auto end = end_in(*tail, status.st_size)) return *std::move(end);
  }
}

// While it was waited for, another file may have taken its place.
bool is_still_there(int releases, int file) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(file, &ours) == 0 &&
         ::fstatat(releases, file_name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

Result<base::UniqueFd> open_locked(int releases) {
  for (;;) {
    base::UniqueFd file(
        ::openat(releases, file_name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file) return base::os_error("cannot open releases.log");
    while (::flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return base::os_error("cannot lock releases.log");
    }
    if (is_still_there(releases, file.get())) return file;
  }
}

Result<void> write_durably(int file, std::string_view line) {
  if (auto written = base::write_all(file, line); !written) return written;
  if (::fsync(file) != 0) return base::os_error("cannot sync releases.log");
  return {};
}

class Collector final : public JournalReader::Listener {
 public:
  void start_over() override { entries_.clear(); }
  void tell(const JournalEntry& entry) override { entries_.push_back(entry); }
  [[nodiscard]] std::vector<JournalEntry> take() { return std::move(entries_); }

 private:
  std::vector<JournalEntry> entries_;
};

bool is_longer_than(int releases, std::uint64_t bytes) {
  struct stat status {};
  return ::fstatat(releases, file_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         static_cast<std::uint64_t>(status.st_size) > bytes;
}

std::string chained(const std::vector<JournalEntry>& entries) {
  std::string text;
  std::string previous;
  for (const JournalEntry& entry : entries) {
    const std::string line = to_line(entry, previous);
    previous = base::to_hex(base::sha256(line));
    text += line + '\n';
  }
  return text;
}

// A second name for the file, which outlives its first.
Result<void> keep_as_older(int releases) {
  if (::unlinkat(releases, older_file_name, 0) != 0 && errno != ENOENT) {
    return base::os_error("cannot remove releases.log.1");
  }
  if (::linkat(releases, file_name, releases, older_file_name, 0) != 0) {
    return base::os_error("cannot keep the journal as releases.log.1");
  }
  return {};
}

}  // namespace

Journal::Journal(int releases, const base::Clock& clock) : releases_(releases), clock_(clock) {}

Result<void> Journal::append(JournalEntry entry) {
  const auto file = open_locked(releases_);
  if (!file) return file.error();
  const auto end = find_end(file->get());
  if (!end) return end.error();
  if (::ftruncate(file->get(), end->size) != 0) {
    return base::os_error("cannot cut a torn line off releases.log");
  }
  entry.time = clock_.wall();
  const std::string previous =
      end->last_line.empty() ? "" : base::to_hex(base::sha256(end->last_line));
  auto written = write_durably(file->get(), to_line(entry, previous) + '\n');
  // Nobody may read as done what was answered with an error.
  if (!written && ::ftruncate(file->get(), end->size) != 0) {
    return Error{written.error().message + " (and a part of the line stays)",
                 written.error().reason};
  }
  if (!written) return written;
  return end->size == 0 ? base::sync_directory(releases_) : Result<void>();
}

Result<std::vector<JournalEntry>> Journal::read() const {
  JournalReader reader(releases_);
  Collector collector;
  if (auto done = reader.read_on(collector); !done) return done.error();
  return collector.take();
}

Result<void> Journal::verify(const std::stop_token& stop) const {
  const base::UniqueFd file(
      ::openat(releases_, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return {};
  if (!file) return base::os_error("cannot open releases.log");
  const auto chain = read_chain(file.get(), stop);
  if (!chain) return Error{"cannot read releases.log: " + chain.error().message};
  return {};
}

Result<bool> Journal::compact(std::uint64_t above) {
  if (!is_longer_than(releases_, above)) return false;
  const auto locked = open_locked(releases_);
  if (!locked) return locked.error();
  // Another process may have been quicker.
  if (!is_longer_than(releases_, above)) return false;
  const auto entries = read();
  if (!entries) return entries.error();
  const auto end = find_end(locked->get());
  if (!end) return end.error();
  JournalEntry first;
  first.event = EventKind::compacted;
  first.time = clock_.wall();
  first.hash = base::to_hex(base::sha256(end->last_line));
  first.reason = std::string("all lines up to here are in ") + older_file_name;
  std::vector<JournalEntry> kept = worth_keeping(*entries);
  kept.insert(kept.begin(), std::move(first));
  const std::string text = chained(kept);
  // Otherwise it would be done again and again.
  if (text.size() > static_cast<std::size_t>(end->size) / 2) return false;
  if (auto linked = keep_as_older(releases_); !linked) return linked.error();
  auto replaced = base::replace_file(releases_, file_name, text, 0644);
  if (!replaced) return replaced.error();
  return true;
}

}  // namespace ops::release
