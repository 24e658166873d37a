#include "archive/zip_extract.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
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

// Where there are fewer entries for each, starting a thread costs more than it saves.
constexpr std::size_t entries_a_thread = 256;
constexpr std::size_t most_threads = 4;
// Neighbours lie in the same directories, so they stay together.
constexpr std::size_t entries_at_once = 32;

std::size_t threads_for(std::size_t entries) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  return std::min({most_threads, processors, entries / entries_a_thread + 1});
}

/// The entries of an archive, unpacked by several threads, each with buffers and directories of its
/// own. What fails is told of the first entry that does, whichever thread came to it.
class SharedWork {
 public:
  SharedWork(int archive, const ScannedArchive& scanned, int target, const std::stop_token& stop)
      : archive_(archive),
        entries_(scanned.entries),
        target_(target),
        stop_(stop),
        files_(scanned.entries.size()),
        end_(scanned.entries.size()) {}

  void take_part() {
    auto inflater = Inflater::create();
    if (!inflater) return fail(0, inflater.error());
    Extraction extraction(archive_, target_, *std::move(inflater), stop_);
    for (;;) {
      const std::size_t first = next_.fetch_add(entries_at_once);
      if (first >= end_) return;
      for (std::size_t at = first; at < std::min(first + entries_at_once, end_.load()); ++at) {
        extract(extraction, at);
      }
    }
  }

  /// The same on a thread of its own, where nobody would catch what is thrown.
  void help() {
    try {
      take_part();
    } catch (const std::exception& thrown) {
      fail(0, Error{std::string("cannot unpack: ") + thrown.what()});
    }
  }

  Result<std::vector<ExtractedFile>, ZipFailure> outcome() {
    if (failure_) return *std::move(failure_);
    std::vector<ExtractedFile> files;
    files.reserve(files_.size());
    for (auto& file : files_) {
      if (file) files.push_back(*std::move(file));
    }
    return files;
  }

 private:
  void extract(Extraction& extraction, std::size_t at) {
    const ScannedEntry& entry = entries_[at];
    if (entry.kind == EntryKind::directory) {
      if (auto made = extraction.make_directory(entry); !made) fail(at, made.error());
      return;
    }
    auto file = extraction.extract_file(entry);
    if (!file) return fail(at, std::move(file).error());
    files_[at] = *std::move(file);
  }

  // Those before it are still unpacked: one of them may fail too.
  void fail(std::size_t at, ZipFailure failure) {
    const std::lock_guard lock(mutex_);
    if (failure_ && at >= end_) return;
    end_ = std::min(end_.load(), at);
    failure_ = std::move(failure);
  }

  int archive_;
  const std::vector<ScannedEntry>& entries_;
  int target_;
  const std::stop_token& stop_;
  std::vector<std::optional<ExtractedFile>> files_;  // each written by one thread
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> end_;
  std::mutex mutex_;
  std::optional<ZipFailure> failure_;
};

// As many as can be had: one is there already.
std::vector<std::jthread> helpers_of(SharedWork& work, std::size_t threads) {
  std::vector<std::jthread> helpers;
  try {
    while (helpers.size() + 1 < threads) helpers.emplace_back([&work] { work.help(); });
  } catch (const std::system_error&) {
  }
  return helpers;
}

}  // namespace

Result<std::vector<ExtractedFile>, ZipFailure> extract_zip(int fd, const ScannedArchive& scanned,
                                                           int target,
                                                           const std::stop_token& stop) {
  SharedWork work(fd, scanned, target, stop);
  {
    const auto helpers = helpers_of(work, threads_for(scanned.entries.size()));
    work.take_part();
  }
  return work.outcome();
}

}  // namespace ops::archive
