#include "release/journal_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/os_error.hpp"
#include "base/unique_fd.hpp"
#include "release/journal_line.hpp"
#include "release/whole_lines.hpp"

namespace ops::release {
namespace {

constexpr std::size_t most_unreadable = 10;

}  // namespace

std::string describe(const UnreadableLine& line) {
  return "releases.log: line " + std::to_string(line.number) + " is passed over: " + line.reason +
         "; mend or delete it while the service is stopped";
}

Result<void> JournalReader::read_on(Listener& listener) {
  const base::UniqueFd file(
      ::openat(releases_, "releases.log", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno != ENOENT) return base::os_error("cannot open releases.log");
  if (read_ > 0 && !(file && goes_on(file.get()))) {
    forget();
    listener.start_over();
  }
  return file ? read_from(file.get(), listener) : Result<void>();
}

// A line that was written but could not be made durable is cut off again, and another takes its
// place: so the last one that was told is compared, too.
bool JournalReader::goes_on(int file) const {
  struct stat status {};
  if (::fstat(file, &status) != 0) return false;
  if (status.st_dev != device_ || status.st_ino != inode_) return false;
  if (static_cast<std::uint64_t>(status.st_size) < read_) return false;
  std::string there(last_line_.size() + 1, '\0');
  const auto at = static_cast<off_t>(read_ - there.size());
  const ssize_t got = ::pread(file, there.data(), there.size(), at);
  return got == static_cast<ssize_t>(there.size()) && there == last_line_ + '\n';
}

Result<void> JournalReader::read_from(int file, Listener& listener) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return base::os_error("cannot look at releases.log");
  device_ = status.st_dev;
  inode_ = status.st_ino;
  WholeLines lines(file, read_);
  for (;;) {
    const auto line = lines.next();
    if (!line) return line.error();
    if (!*line) return {};
    read_ = lines.end();
    take(**line, listener);
  }
}

void JournalReader::take(std::string_view line, Listener& listener) {
  ++lines_;
  last_line_ = line;
  const auto entry = from_line(line);
  if (!entry) {
    if (unreadable_.size() < most_unreadable)
      unreadable_.push_back({lines_, entry.error().message});
    return;
  }
  if (*entry) listener.tell(**entry);
}

void JournalReader::forget() {
  read_ = 0;
  lines_ = 0;
  last_line_.clear();
  unreadable_.clear();
}

}  // namespace ops::release
