#include "archive/zip_create.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "archive/deflater.hpp"
#include "archive/entry_name.hpp"
#include "archive/path_tree.hpp"
#include "archive/utf8.hpp"
#include "archive/zip_writer.hpp"
#include "base/os_error.hpp"
#include "base/unique_fd.hpp"

namespace ops::archive {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t buffer_size = std::size_t{128} << 10;

Error refused(const Refusal& refusal) { return Error{"cannot make a zip: " + refusal.message}; }

// Everything that a scan would say about the paths, before a byte is packed.
std::optional<Error> judge_paths(const std::vector<SourceFile>& files) {
  if (files.empty()) return Error{"cannot make a zip: there is no file to put into it"};
  const ScanLimits limits;
  PathTree tree(limits.entries);
  for (const SourceFile& file : files) {
    if (auto refusal = judge_name(file.path, limits)) return refused(*refusal);
    if (auto refusal = tree.add(file.path, EntryKind::file)) return refused(*refusal);
  }
  return std::nullopt;
}

/// Packs one file after the other into a writer, with the same buffers.
class Packer {
 public:
  Packer(int root, ZipWriter& writer, Deflater deflater)
      : root_(root), writer_(writer), deflater_(std::move(deflater)) {}

  Result<void> add(const SourceFile& file);

 private:
  struct Buffers {
    std::array<std::byte, buffer_size> unpacked;
    std::array<std::byte, buffer_size> packed;
  };

  [[nodiscard]] Result<base::UniqueFd> open(const SourceFile& file) const;
  Result<ZipWriter::Contents> pack(int fd, const SourceFile& file, Packing packing);
  Result<std::size_t> fill(int fd, const SourceFile& file);
  Result<void> deflate(Bytes bytes, Deflater::Input kind);

  int root_;
  ZipWriter& writer_;
  Deflater deflater_;
  std::unique_ptr<Buffers> buffers_ = std::make_unique<Buffers>();
};

// A stream that does not shrink is not worth unpacking, and one that shrinks like a bomb would be
// taken for one.
bool is_worth_deflating(std::uint64_t packed, std::uint64_t unpacked) {
  return packed < unpacked && packed * ScanLimits{}.ratio >= unpacked;
}

Result<void> Packer::add(const SourceFile& file) {
  const auto fd = open(file);
  if (!fd) return fd.error();
  auto contents = pack(fd->get(), file, Packing::deflated);
  if (!contents) return contents.error();
  if (!is_worth_deflating(writer_.packed_bytes(), contents->unpacked_bytes)) {
    if (::lseek(fd->get(), 0, SEEK_SET) != 0) return base::os_error("cannot read " + file.path);
    contents = pack(fd->get(), file, Packing::stored);
    if (!contents) return contents.error();
  }
  return writer_.end_entry(*contents);
}

Result<base::UniqueFd> Packer::open(const SourceFile& file) const {
  base::UniqueFd fd(
      ::openat(root_, file.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return base::os_error("cannot open " + file.path);
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return base::os_error("cannot read " + file.path);
  if (!S_ISREG(status.st_mode)) {
    return Error{"cannot put " + file.path + " into a zip: it is not a regular file"};
  }
  return fd;
}

// What is summed and counted is what was written, even if the file changes between two readings.
Result<ZipWriter::Contents> Packer::pack(int fd, const SourceFile& file, Packing packing) {
  ZipWriter::Contents contents = {file.mode, packing, 0, 0};
  uLong crc = ::crc32_z(0, nullptr, 0);
  writer_.begin_entry(file.path);
  deflater_.restart();
  for (;;) {
    const auto filled = fill(fd, file);
    if (!filled) return filled.error();
    const Bytes bytes = Bytes(buffers_->unpacked).first(*filled);
    crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    contents.unpacked_bytes += bytes.size();
    const bool last = bytes.size() < buffer_size;
    const auto kind = last ? Deflater::Input::last : Deflater::Input::more_follows;
    auto done = packing == Packing::stored ? writer_.append(bytes) : deflate(bytes, kind);
    if (!done) return std::move(done).error();
    if (last) break;
  }
  contents.crc32 = static_cast<std::uint32_t>(crc);
  return contents;
}

// A whole buffer, however small the pieces that are read; less only at the end of the file.
Result<std::size_t> Packer::fill(int fd, const SourceFile& file) {
  std::size_t filled = 0;
  while (filled < buffer_size) {
    const ssize_t got = ::read(fd, buffers_->unpacked.data() + filled, buffer_size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::os_error("cannot read " + file.path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

Result<void> Packer::deflate(Bytes bytes, Deflater::Input kind) {
  for (;;) {
    const auto step = deflater_.step(bytes, kind, buffers_->packed);
    if (auto done = writer_.append(Bytes(buffers_->packed).first(step.produced)); !done) {
      return done;
    }
    if (step.done) return {};
    bytes = bytes.subspan(step.consumed);
  }
}

}  // namespace

Result<std::uint64_t> create_zip(int root, std::vector<SourceFile> files, int fd) {
  if (auto error = judge_paths(files)) return *std::move(error);
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  auto deflater = Deflater::create();
  if (!deflater) return deflater.error();
  ZipWriter writer(fd);
  Packer packer(root, writer, std::move(*deflater));
  for (const SourceFile& file : files) {
    if (auto added = packer.add(file); !added) return added.error();
  }
  return writer.finish();
}

}  // namespace ops::archive
