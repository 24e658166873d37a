// Any bytes, scanned as a zip and unpacked where the scan lets them pass. Beyond what the
// sanitizers see: what was unpacked is exactly what was reported, plain files of the reported size.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "archive/zip_extract.hpp"
#include "archive/zip_scan.hpp"
#include "base/durable_file.hpp"
#include "base/tree.hpp"
#include "base/unique_fd.hpp"

namespace {

using ops::archive::ScanLimits;

constexpr const char* target_name = "target";

void require(bool holds) {
  if (!holds) std::abort();
}

/// A directory in memory, removed when the program ends.
class Workplace {
 public:
  Workplace() {
    require(::mkdtemp(path_.data()) != nullptr);
    directory_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    require(static_cast<bool>(directory_));
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() { ::rmdir(path_.c_str()); }

  [[nodiscard]] int directory() const { return directory_.get(); }

 private:
  std::string path_ = "/dev/shm/ops-fuzz-XXXXXX";
  ops::base::UniqueFd directory_;
};

ScanLimits small_limits() {
  ScanLimits limits;
  limits.unpacked_bytes = std::uint64_t{4} << 20;
  limits.entries = 2000;
  return limits;
}

void unpack(int archive, const ops::archive::ScannedArchive& scanned, int workplace) {
  require(::mkdirat(workplace, target_name, 0700) == 0);
  const ops::base::UniqueFd target(
      ::openat(workplace, target_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  require(static_cast<bool>(target));
  const auto files = ops::archive::extract_zip(archive, scanned, target.get());
  if (files) {
    for (const auto& file : *files) {
      struct stat status = {};
      require(::fstatat(target.get(), file.path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0);
      require(S_ISREG(status.st_mode) && status.st_nlink == 1);
      require((status.st_mode & 07777U) == file.mode);
      require(static_cast<std::uint64_t>(status.st_size) == file.bytes);
    }
  }
  require(ops::base::remove_tree(workplace, target_name).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Workplace workplace;
  const ops::base::UniqueFd archive(::memfd_create("archive", MFD_CLOEXEC));
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require(archive && ops::base::write_all(archive.get(), bytes).ok());
  const auto scanned = ops::archive::scan_zip(archive.get(), small_limits());
  if (scanned) unpack(archive.get(), *scanned, workplace.directory());
  return 0;
}
