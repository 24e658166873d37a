#include "archive/zip_extract.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "archive/inflater.hpp"
#include "archive/target_tree.hpp"
#include "archive/utf8.hpp"
#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/stopped.hpp"
#include "base/unique_fd.hpp"

namespace ops::archive {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t buffer_size = std::size_t{128} << 10;

/// The packed bytes of one entry, a buffer at a time.
class PackedBytes {
 public:
  PackedBytes(int fd, const ScannedEntry& entry, std::span<std::byte> buffer)
      : fd_(fd), offset_(entry.data_offset), left_(entry.packed_bytes), buffer_(buffer) {}

  /// Empty at the end.
  Result<Bytes> next() {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size()));
    if (wanted == 0) return Bytes{};
    ssize_t got = 0;
    do {
      got = ::pread(fd_, buffer_.data(), wanted, static_cast<off_t>(offset_));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return base::os_error("cannot read the archive");
    if (got == 0) return Error{"cannot read the archive: it became shorter while it was unpacked"};
    offset_ += static_cast<std::uint64_t>(got);
    left_ -= static_cast<std::uint64_t>(got);
    return Bytes(buffer_.first(static_cast<std::size_t>(got)));
  }
  [[nodiscard]] bool at_end() const { return left_ == 0; }

 private:
  int fd_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::span<std::byte> buffer_;
};

/// A file that is being written: counted, summed and hashed on the way.
class UnpackedFile {
 public:
  UnpackedFile(const ScannedEntry& entry, base::UniqueFd fd, const std::stop_token& stop)
      : entry_(entry), fd_(std::move(fd)), stop_(stop) {}

  Result<void, ZipFailure> append(Bytes bytes) {
    if (stop_.stop_requested()) return ZipFailure{base::stopped()};
    if (bytes.size() > entry_.unpacked_bytes - count_)
      return bad("it unpacks to more bytes than it says");
    count_ += bytes.size();
    crc_ = ::crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    hash_.update(bytes);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (auto written = base::write_all(fd_.get(), text); !written) {
      const Error& error = written.error();
      return ZipFailure{Error{
          "cannot write " + printable(entry_.path) + ": " + error.reason.message(), error.reason}};
    }
    return {};
  }

  Result<ExtractedFile, ZipFailure> finish() {
    if (count_ != entry_.unpacked_bytes) return bad("it unpacks to fewer bytes than it says");
    if (crc_ != entry_.crc32) return bad("its bytes do not have the checksum that it says");
    return ExtractedFile{entry_.path, entry_.mode, count_, hash_.finish()};
  }

  [[nodiscard]] ZipFailure bad(const char* why) const {
    return refuse(Rule::bad_data, entry_.path, why);
  }

 private:
  const ScannedEntry& entry_;
  base::UniqueFd fd_;
  const std::stop_token& stop_;
  base::Sha256 hash_;
  std::uint64_t count_ = 0;
  uLong crc_ = ::crc32_z(0, nullptr, 0);
};

class Extraction {
 public:
  Extraction(int archive, int target, Inflater inflater, const std::stop_token& stop)
      : archive_(archive), tree_(target), inflater_(std::move(inflater)), stop_(stop) {}

  Result<ExtractedFile, ZipFailure> extract_file(const ScannedEntry& entry) {
    if (stop_.stop_requested()) return ZipFailure{base::stopped()};
    auto fd = tree_.make_file(entry.path, entry.mode);
    if (!fd) return file_failure(entry, fd.error());
    PackedBytes packed(archive_, entry, buffers_->packed);
    UnpackedFile file(entry, std::move(*fd), stop_);
    auto done = entry.packing == Packing::stored ? copy(packed, file) : inflate(packed, file);
    if (!done) return std::move(done).error();
    return file.finish();
  }

  Result<void> make_directory(const ScannedEntry& entry) {
    return tree_.make_directory(entry.path);
  }

 private:
  struct Buffers {
    std::array<std::byte, buffer_size> packed;
    std::array<std::byte, buffer_size> unpacked;
  };

  // The scan found no name twice; a target that folds names by rules of its own may still.
  static ZipFailure file_failure(const ScannedEntry& entry, const Error& error) {
    if (error.reason == std::errc::file_exists) {
      return refuse(Rule::duplicate_name, entry.path, "the file system has a file of its name");
    }
    return error;
  }

  static Result<void, ZipFailure> copy(PackedBytes& packed, UnpackedFile& file) {
    for (;;) {
      const auto chunk = packed.next();
      if (!chunk) return ZipFailure{chunk.error()};
      if (chunk->empty()) return {};
      if (auto done = file.append(*chunk); !done) return done;
    }
  }

  Result<void, ZipFailure> inflate(PackedBytes& packed, UnpackedFile& file) {
    inflater_.restart();
    Bytes input;
    for (;;) {
      if (input.empty()) {
        const auto chunk = packed.next();
        if (!chunk) return ZipFailure{chunk.error()};
        input = *chunk;
      }
      const auto step = inflater_.step(input, buffers_->unpacked);
      if (step.state == Inflater::State::broken) return file.bad("its deflate stream is broken");
      input = input.subspan(step.consumed);
      if (auto done = file.append(Bytes(buffers_->unpacked).first(step.produced)); !done)
        return done;
      if (step.state == Inflater::State::ended) break;
    }
    if (input.empty() && packed.at_end()) return {};
    return file.bad("its deflate stream ends before its bytes do");
  }

  int archive_;
  TargetTree tree_;
  Inflater inflater_;
  const std::stop_token& stop_;
  std::unique_ptr<Buffers> buffers_ = std::make_unique<Buffers>();
};

}  // namespace

Result<std::vector<ExtractedFile>, ZipFailure> extract_zip(int fd, const ScannedArchive& scanned,
                                                           int target,
                                                           const std::stop_token& stop) {
  auto inflater = Inflater::create();
  if (!inflater) return ZipFailure{inflater.error()};
  Extraction extraction(fd, target, std::move(*inflater), stop);
  std::vector<ExtractedFile> files;
  files.reserve(scanned.entries.size());
  for (const ScannedEntry& entry : scanned.entries) {
    if (entry.kind == EntryKind::directory) {
      if (auto made = extraction.make_directory(entry); !made) return ZipFailure{made.error()};
      continue;
    }
    auto file = extraction.extract_file(entry);
    if (!file) return std::move(file).error();
    files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace ops::archive
