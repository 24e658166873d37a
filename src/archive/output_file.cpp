#include "archive/output_file.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/os_error.hpp"

namespace ops::archive {
namespace {

constexpr std::size_t enough_to_write = std::size_t{256} << 10;

using Bytes = std::span<const std::byte>;

Result<std::uint64_t> write_at(int fd, std::uint64_t offset, Bytes bytes) {
  const std::uint64_t size = bytes.size();
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return base::os_error("cannot write the zip");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return size;
}

}  // namespace

Error too_many_bytes() {
  return Error{"cannot make a zip: it would have more than 4 GB, or a file in it"};
}

Result<std::uint64_t> OutputFile::answer(zip_source_cmd_t command, void* bytes,
                                         std::uint64_t length) {
  switch (command) {
    case ZIP_SOURCE_SUPPORTS:
      return std::uint64_t{ZIP_SOURCE_SUPPORTS_WRITABLE};
    case ZIP_SOURCE_STAT: {
      auto& stat = *static_cast<zip_stat_t*>(bytes);
      ::zip_stat_init(&stat);
      stat.valid = ZIP_STAT_SIZE;
      stat.size = 0;
      return 0;
    }
    case ZIP_SOURCE_WRITE:
      return write({static_cast<const std::byte*>(bytes), static_cast<std::size_t>(length)});
    case ZIP_SOURCE_TELL_WRITE:
      return position_;
    case ZIP_SOURCE_SEEK_WRITE:
      return seek(bytes, length);
    case ZIP_SOURCE_COMMIT_WRITE:
      return flush();
    case ZIP_SOURCE_BEGIN_WRITE:
    case ZIP_SOURCE_ROLLBACK_WRITE:  // what is half written is the caller's to remove
    case ZIP_SOURCE_OPEN:
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
      return 0;
    case ZIP_SOURCE_READ:
    case ZIP_SOURCE_ERROR:
    case ZIP_SOURCE_SEEK:
    case ZIP_SOURCE_TELL:
    case ZIP_SOURCE_REMOVE:
    case ZIP_SOURCE_RESERVED_1:
    case ZIP_SOURCE_BEGIN_WRITE_CLONING:
    case ZIP_SOURCE_ACCEPT_EMPTY:
    case ZIP_SOURCE_GET_FILE_ATTRIBUTES:
      break;
  }
  return base::os_error("cannot write the zip", EOPNOTSUPP);
}

Result<std::uint64_t> OutputFile::write(Bytes bytes) {
  const std::uint64_t end = position_ + bytes.size();
  if (end > most_bytes_without_zip64) return too_many_bytes();
  if (position_ < gathered_at_ || position_ > gathered_at_ + gathered_.size()) {
    // The header of an entry whose data has gone out already.
    if (auto flushed = flush(); !flushed) return flushed;
    if (auto written = write_at(fd_, position_, bytes); !written) return written;
    gathered_at_ = std::max(gathered_at_, end);
  } else {
    const auto begin = static_cast<std::size_t>(position_ - gathered_at_);
    gathered_.resize(std::max(gathered_.size(), begin + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), gathered_.begin() + static_cast<std::ptrdiff_t>(begin));
    if (gathered_.size() >= enough_to_write) {
      if (auto flushed = flush(); !flushed) return flushed;
    }
  }
  position_ = end;
  return bytes.size();
}

Result<std::uint64_t> OutputFile::seek(void* where, std::uint64_t length) {
  const std::uint64_t end = gathered_at_ + gathered_.size();
  const zip_int64_t offset =
      ::zip_source_seek_compute_offset(position_, end, where, length, nullptr);
  if (offset < 0) return base::os_error("cannot write the zip", EINVAL);
  position_ = static_cast<std::uint64_t>(offset);
  return 0;
}

Result<std::uint64_t> OutputFile::flush() {
  if (auto written = write_at(fd_, gathered_at_, gathered_); !written) return written;
  gathered_at_ += gathered_.size();
  gathered_.clear();
  return 0;
}

}  // namespace ops::archive
