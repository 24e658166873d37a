#include "archive/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

#include "base/os_error.hpp"

namespace ops::archive {
namespace {

Result<std::uint64_t> size_of_regular(const struct stat& status, const std::string& path) {
  if (S_ISREG(status.st_mode)) return static_cast<std::uint64_t>(status.st_size);
  return Error{"cannot put " + path + " into a zip: it is not a regular file"};
}

}  // namespace

Result<std::uint64_t> size_of_file(int root, const std::string& path) {
  struct stat status = {};
  if (::fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return base::os_error("cannot open " + path);
  }
  return size_of_regular(status, path);
}

Result<std::uint64_t> InputFile::answer(zip_source_cmd_t command, void* bytes,
                                        std::uint64_t length) {
  switch (command) {
    case ZIP_SOURCE_SUPPORTS:
      return std::uint64_t{ZIP_SOURCE_SUPPORTS_READABLE};
    case ZIP_SOURCE_STAT: {
      auto& stat = *static_cast<zip_stat_t*>(bytes);
      ::zip_stat_init(&stat);
      stat.valid = ZIP_STAT_SIZE;  // with it libzip leaves room for no ZIP64 field
      stat.size = bytes_;
      return 0;
    }
    case ZIP_SOURCE_OPEN:
      return open();
    case ZIP_SOURCE_READ:
      return read({static_cast<std::byte*>(bytes), static_cast<std::size_t>(length)});
    case ZIP_SOURCE_CLOSE:
      close();
      return 0;
    case ZIP_SOURCE_FREE:
      return 0;
    case ZIP_SOURCE_ERROR:
    case ZIP_SOURCE_SEEK:
    case ZIP_SOURCE_TELL:
    case ZIP_SOURCE_BEGIN_WRITE:
    case ZIP_SOURCE_COMMIT_WRITE:
    case ZIP_SOURCE_ROLLBACK_WRITE:
    case ZIP_SOURCE_WRITE:
    case ZIP_SOURCE_SEEK_WRITE:
    case ZIP_SOURCE_TELL_WRITE:
    case ZIP_SOURCE_REMOVE:
    case ZIP_SOURCE_RESERVED_1:
    case ZIP_SOURCE_BEGIN_WRITE_CLONING:
    case ZIP_SOURCE_ACCEPT_EMPTY:
    case ZIP_SOURCE_GET_FILE_ATTRIBUTES:
      break;
  }
  return base::os_error("cannot read " + path_, EOPNOTSUPP);
}

Result<std::uint64_t> InputFile::open() {
  fd_.reset(::openat(root_, path_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd_) return base::os_error("cannot open " + path_);
  struct stat status = {};
  if (::fstat(fd_.get(), &status) != 0) return base::os_error("cannot read " + path_);
  auto size = size_of_regular(status, path_);
  if (!size) return size;
  if (*size != bytes_) return changed();
  read_bytes_ = 0;
  packed_from_ = output_.position();
  return 0;
}

// As much as there is room for, so that the same file always comes in the same pieces.
Result<std::uint64_t> InputFile::read(std::span<std::byte> buffer) {
  std::uint64_t filled = 0;
  while (!buffer.empty()) {
    const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::os_error("cannot read " + path_);
    if (got == 0) break;
    buffer = buffer.subspan(static_cast<std::size_t>(got));
    filled += static_cast<std::uint64_t>(got);
  }
  read_bytes_ += filled;
  const bool at_end = !buffer.empty();
  if (read_bytes_ > bytes_ || (at_end && read_bytes_ != bytes_)) return changed();
  return filled;
}

void InputFile::close() {
  packed_bytes_ = output_.position() - packed_from_;
  fd_.reset();
}

Error InputFile::changed() const {
  return Error{"cannot put " + path_ + " into a zip: its size changes while it is packed"};
}

}  // namespace ops::archive
