#include "release/whole_lines.hpp"

#include <unistd.h>

#include <cerrno>

#include "base/os_error.hpp"
#include "release/journal_line.hpp"

namespace ops::release {
namespace {

constexpr std::size_t read_size = std::size_t{64} * 1024;

}  // namespace

Result<std::optional<std::string_view>> WholeLines::next() {
  for (;;) {
    const std::size_t feed = buffer_.find('\n', scanned_);
    if (feed != buffer_.npos) {
      std::string_view line(buffer_.data() + begin_, feed - begin_);
      if (std::exchange(too_long_, false)) line = {};
      begin_ = scanned_ = feed + 1;
      end_ = read_ - (buffer_.size() - begin_);
      return std::optional(line);
    }
    scanned_ = buffer_.size();
    const auto got = read_more();
    if (!got) return got.error();
    if (*got == 0) return std::optional<std::string_view>();
  }
}

Result<std::size_t> WholeLines::read_more() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  if (buffer_.size() > longest_line) {
    too_long_ = true;
    buffer_.clear();
    scanned_ = 0;
  }
  const std::size_t had = buffer_.size();
  buffer_.resize(had + read_size);
  ssize_t got = 0;
  do {
    got = ::pread(file_, buffer_.data() + had, read_size, static_cast<off_t>(read_));
  } while (got < 0 && errno == EINTR);
  buffer_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got < 0) return base::os_error("cannot read releases.log");
  read_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

}  // namespace ops::release
