#include "archive/zip_create.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

#include "archive/entry_name.hpp"
#include "archive/input_file.hpp"
#include "archive/libzip.hpp"
#include "archive/output_file.hpp"
#include "archive/path_tree.hpp"
#include "archive/zip_format.hpp"
#include "archive/zip_scan.hpp"
#include "base/durable_file.hpp"
#include "base/os_error.hpp"

namespace ops::archive {
namespace {

constexpr zip_uint32_t level = 6;
constexpr zip_uint16_t midnight = 0;
constexpr zip_uint16_t first_of_january_1980 = 0x0021;

// libzip stores what does not shrink by itself, if it can read it at once, 8 KiB. It has a level of
// its own for that, 9, which on large files would take twice the time for a fiftieth of the size.
constexpr std::uint64_t most_at_once = 8'000;

/// A file and how it is to be packed.
struct Entry {
  SourceFile file;
  std::uint64_t bytes;
  zip_int32_t method;
};

Error refused(const Refusal& refusal) { return Error{"cannot make a zip: " + refusal.message}; }

Error out_of_memory() { return base::os_error("cannot make a zip", ENOMEM); }

// Everything that a scan would say about the paths, before a byte is packed.
std::optional<Error> judge_paths(const std::vector<SourceFile>& files) {
  const ScanLimits limits;
  PathTree tree(limits);
  for (const SourceFile& file : files) {
    if (auto refusal = judge_name(file.path, limits)) return refused(*refusal);
    if (auto refusal = tree.add(file.path, EntryKind::file)) return refused(*refusal);
  }
  return std::nullopt;
}

Result<std::vector<Entry>> find_files(int root, std::vector<SourceFile> files) {
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  std::vector<Entry> entries;
  entries.reserve(files.size());
  for (SourceFile& file : files) {
    const auto bytes = size_of_file(root, file.path);
    if (!bytes) return bytes.error();
    if (*bytes > most_bytes_without_zip64) return too_many_bytes();
    const zip_int32_t method = *bytes <= most_at_once ? ZIP_CM_DEFAULT : ZIP_CM_DEFLATE;
    entries.push_back({std::move(file), *bytes, method});
  }
  return entries;
}

/// One writing of the zip.
class Writing {
 public:
  Writing(int root, const std::vector<Entry>& entries, int fd)
      : root_(root), entries_(entries), output_(fd, failure_) {}

  /// Returns the size of the zip.
  Result<std::uint64_t> run();

  [[nodiscard]] std::uint64_t packed_bytes(std::size_t index) const {
    return inputs_[index].packed_bytes();
  }

 private:
  Result<void> open();
  Result<void> add(const Entry& entry);
  [[nodiscard]] Error error() const;

  int root_;
  const std::vector<Entry>& entries_;
  std::optional<Error> failure_;
  OutputFile output_;
  std::vector<InputFile> inputs_;
  UniqueArchive archive_;  // goes first, as it knows the others
};

Result<std::uint64_t> Writing::run() {
  if (auto opened = open(); !opened) return opened.error();
  inputs_.reserve(entries_.size());  // libzip is given their addresses
  for (const Entry& entry : entries_) {
    if (auto added = add(entry); !added) return added.error();
  }
  // Only now libzip opens, packs and writes.
  if (::zip_close(archive_.get()) != 0) return error();
  static_cast<void>(archive_.release());
  return output_.position();
}

Result<void> Writing::open() {
  UniqueSource source = make_libzip_source(output_);
  if (!source) return out_of_memory();
  archive_.reset(::zip_open_from_source(source.get(), ZIP_CREATE | ZIP_TRUNCATE, nullptr));
  if (!archive_) return out_of_memory();
  static_cast<void>(source.release());
  return {};
}

Result<void> Writing::add(const Entry& entry) {
  inputs_.emplace_back(root_, entry.file.path, entry.bytes, output_);
  UniqueSource source = make_libzip_source(inputs_.back());
  if (!source) return out_of_memory();
  zip_t* const archive = archive_.get();
  const zip_int64_t added =
      ::zip_file_add(archive, entry.file.path.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
  if (added < 0) return error();
  static_cast<void>(source.release());
  const auto index = static_cast<zip_uint64_t>(added);
  const auto attributes = static_cast<zip_uint32_t>(S_IFREG | entry.file.mode) << 16U;
  const bool described =
      ::zip_set_file_compression(archive, index, entry.method, level) == 0 &&
      ::zip_file_set_dostime(archive, index, midnight, first_of_january_1980, 0) == 0 &&
      ::zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_UNIX, attributes) == 0;
  if (!described) return error();
  return {};
}

Error Writing::error() const {
  if (failure_) return *failure_;
  return Error{std::string("cannot make a zip: ") + ::zip_strerror(archive_.get())};
}

// A stream that does not shrink is not worth unpacking, and one that shrinks like a bomb would be
// taken for one. Many small ones together would, too: the limit is kept by each.
bool should_be_stored(const Entry& entry, std::uint64_t packed) {
  if (entry.method == ZIP_CM_STORE) return false;
  const bool shrinks = entry.method == ZIP_CM_DEFAULT || packed < entry.bytes;
  return !shrinks || packed * ScanLimits{}.ratio < entry.bytes;
}

// Whether there is any that was not stored, and will be.
bool store_what_should_be(std::vector<Entry>& entries, const Writing& writing) {
  bool any = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!should_be_stored(entries[i], writing.packed_bytes(i))) continue;
    entries[i].method = ZIP_CM_STORE;
    any = true;
  }
  return any;
}

// libzip makes none.
Result<std::uint64_t> create_empty_zip(int fd) {
  std::string end(format::end_size, '\0');
  end.replace(0, 4, "PK\5\6");
  if (auto written = base::write_all(fd, end); !written) return written.error();
  return end.size();
}

}  // namespace

Result<std::uint64_t> create_zip(int root, std::vector<SourceFile> files, int fd) {
  if (files.empty()) return create_empty_zip(fd);
  if (auto error = judge_paths(files)) return *std::move(error);
  auto entries = find_files(root, std::move(files));
  if (!entries) return entries.error();
  // libzip tells how well a file is packed when all are: where one is better stored it is done
  // anew.
  for (;;) {
    Writing writing(root, *entries, fd);
    auto size = writing.run();
    if (!size || !store_what_should_be(*entries, writing)) return size;
    if (::ftruncate(fd, 0) != 0) return base::os_error("cannot write the zip");
  }
}

}  // namespace ops::archive
