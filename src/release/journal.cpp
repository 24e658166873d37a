#include "release/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/sha256.hpp"
#include "release/journal_line.hpp"

namespace ops::release {
namespace {

constexpr const char* file_name = "releases.log";
constexpr std::size_t largest_journal = std::size_t{64} << 20;

Error unreadable(std::size_t line, const std::string& reason) {
  return {"cannot read releases.log: line " + std::to_string(line) + ": " + reason};
}

struct End {
  off_t size = 0;         // of all whole lines
  std::string last_line;  // without its line feed
};

Result<std::string> read_tail(int file, off_t size) {
  const auto most = static_cast<off_t>(longest_line) * 2;
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

// Where the last whole line ends. Two longest lines are looked at: a torn one and the one before.
Result<End> find_end(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return base::os_error("cannot look at releases.log");
  const auto tail = read_tail(file, status.st_size);
  if (!tail) return tail.error();
  const std::size_t feed = tail->rfind('\n');
  const bool all = static_cast<off_t>(tail->size()) == status.st_size;
  if (feed == tail->npos) {
    if (!all) return Error{"cannot add to releases.log: its last line is too long"};
    return End{};
  }
  const std::size_t before = feed == 0 ? tail->npos : tail->rfind('\n', feed - 1);
  if (before == tail->npos && !all) {
    return Error{"cannot add to releases.log: its last line is too long"};
  }
  const std::size_t start = before == tail->npos ? 0 : before + 1;
  const auto torn = static_cast<off_t>(tail->size() - feed - 1);
  return End{status.st_size - torn, tail->substr(start, feed - start)};
}

Result<base::UniqueFd> open_locked(int releases) {
  base::UniqueFd file(
      ::openat(releases, file_name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return base::os_error("cannot open releases.log");
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return base::os_error("cannot lock releases.log");
  }
  return file;
}

Result<void> write_durably(int file, std::string_view line) {
  if (auto written = base::write_all(file, line); !written) return written;
  if (::fsync(file) != 0) return base::os_error("cannot sync releases.log");
  return {};
}

Result<std::string> read_whole_lines(int releases) {
  auto text = base::read_file(releases, file_name, largest_journal);
  if (!text && text.error().reason == std::errc::no_such_file_or_directory) return std::string();
  if (!text) return text;
  const std::size_t feed = text->rfind('\n');
  text->resize(feed == text->npos ? 0 : feed + 1);
  return text;
}

// Calls `visit(line, number)` for each line until it answers with an error.
template <typename Visit>
Result<void> for_each_line(std::string_view text, const Visit& visit) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t feed = text.find('\n');
    if (Result<void> visited = visit(text.substr(0, feed), number); !visited) return visited;
    text.remove_prefix(feed + 1);
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
  const auto text = read_whole_lines(releases_);
  if (!text) return text.error();
  std::vector<JournalEntry> entries;
  const auto read = for_each_line(*text, [&entries](std::string_view line, std::size_t number) {
    auto entry = from_line(line);
    if (!entry) return Result<void>(unreadable(number, entry.error().message));
    if (*entry) entries.push_back(std::move(**entry));
    return Result<void>();
  });
  if (!read) return read.error();
  return entries;
}

Result<void> Journal::verify() const {
  const auto text = read_whole_lines(releases_);
  if (!text) return text.error();
  std::string expected;
  return for_each_line(*text, [&expected](std::string_view line, std::size_t number) {
    if (previous_hash(line) != expected) {
      return Result<void>(
          unreadable(number,
                     "it does not carry the hash of the line before, so one of the two was "
                     "changed or a line is missing"));
    }
    expected = base::to_hex(base::sha256(line));
    return Result<void>();
  });
}

}  // namespace ops::release
