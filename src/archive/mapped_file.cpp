#include "archive/mapped_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

#include "base/os_error.hpp"

namespace ops::archive {

Result<MappedFile> MappedFile::map(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return base::os_error("cannot read the archive");
  if (!S_ISREG(status.st_mode)) return Error{"cannot read the archive: it is not a regular file"};
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return MappedFile(nullptr, 0);
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) return base::os_error("cannot map the archive");
  return MappedFile(static_cast<const std::byte*>(start), size);
}

void MappedFile::forget_pages() const {
  // Advice: where it is not taken, nothing is lost.
  if (start_ != nullptr) ::madvise(const_cast<std::byte*>(start_), size_, MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : start_(std::exchange(other.start_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (start_ != nullptr) ::munmap(const_cast<std::byte*>(start_), size_);
}

}  // namespace ops::archive
