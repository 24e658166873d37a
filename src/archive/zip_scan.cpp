#include "archive/zip_scan.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "archive/central_record.hpp"
#include "archive/end_record.hpp"
#include "archive/entry_name.hpp"
#include "archive/local_record.hpp"
#include "archive/mapped_file.hpp"
#include "archive/path_tree.hpp"
#include "archive/zip_format.hpp"

namespace ops::archive {
namespace {

using Bytes = std::span<const std::byte>;

// Each header that is looked at can bring 64 KiB of its surroundings into memory: 4 MiB in all.
constexpr std::size_t entries_between_forgetting = 64;

/// One pass over the central directory, then one over the places of the entries.
class Scan {
 public:
  Scan(const MappedFile& file, const ScanLimits& limits)
      : mapped_(file), file_(file.bytes()), limits_(limits), tree_(limits) {}

  Result<ScannedArchive, Refusal> run();

 private:
  std::optional<Refusal> judge_record(const CentralRecord& record);
  std::optional<Refusal> judge_totals() const;
  std::optional<Refusal> judge_layout(std::uint64_t end);
  Refusal refuse_overlap(const EntryExtent& extent) const;
  void keep(const CentralRecord& record, const EntryExtent& extent);

  const MappedFile& mapped_;
  Bytes file_;
  const ScanLimits& limits_;
  PathTree tree_;
  std::uint64_t packed_bytes_ = 0;
  ScannedArchive found_;
  std::vector<EntryExtent> extents_;
};

Result<ScannedArchive, Refusal> Scan::run() {
  const auto extent = read_end_record(file_);
  if (!extent) return extent.error();
  if (extent->records > limits_.entries) {
    return refuse(Rule::too_many_entries, {},
                  "it has more than " + std::to_string(limits_.entries) + " entries");
  }
  const Bytes entries = file_.first(extent->offset);
  ByteReader directory(file_.subspan(extent->offset, extent->size));
  found_.entries.reserve(extent->records);
  extents_.reserve(extent->records);
  for (std::size_t i = 0; i < extent->records; ++i) {
    const auto record = read_central_record(directory);
    if (!record) return record.error();
    if (auto refusal = judge_record(*record)) return *std::move(refusal);
    const auto local = judge_local_record(entries, *record);
    if (!local) return local.error();
    keep(*record, *local);
    if (i % entries_between_forgetting == 0) mapped_.forget_pages();
  }
  if (!directory.at_end()) {
    return refuse(Rule::inconsistent, {}, "its central directory holds more than it should");
  }
  if (auto refusal = judge_layout(extent->offset)) return *std::move(refusal);
  if (auto refusal = judge_totals()) return *std::move(refusal);
  return std::move(found_);
}

std::optional<Refusal> Scan::judge_record(const CentralRecord& record) {
  if (auto refusal = judge_name(record.path(), limits_)) return refusal;
  if (auto refusal = judge_central_record(record)) return refusal;
  const EntryKind kind = record.named_as_directory() ? EntryKind::directory : EntryKind::file;
  if (auto refusal = tree_.add(record.path(), kind)) return refusal;
  if (record.sizes.unpacked > limits_.unpacked_bytes - found_.unpacked_bytes) {
    return refuse(Rule::too_large, record.raw_name,
                  "with it the archive unpacks to more than " +
                      std::to_string(limits_.unpacked_bytes) + " bytes");
  }
  return std::nullopt;
}

void Scan::keep(const CentralRecord& record, const EntryExtent& extent) {
  ScannedEntry entry;
  entry.path = record.path();
  entry.kind = record.named_as_directory() ? EntryKind::directory : EntryKind::file;
  entry.mode = mode_of(record);
  entry.packed_bytes = record.sizes.packed;
  entry.unpacked_bytes = record.sizes.unpacked;
  entry.index = found_.entries.size();
  entry.data_offset = extent.data;
  entry.packing = record.method == format::method_stored ? Packing::stored : Packing::deflated;
  entry.crc32 = record.crc32;
  found_.unpacked_bytes += entry.unpacked_bytes;
  packed_bytes_ += entry.packed_bytes;
  found_.entries.push_back(std::move(entry));
  extents_.push_back(extent);
}

// Every byte before the central directory belongs to exactly one entry: so nothing is shared, and
// nothing is hidden from a reader that goes by the directory.
std::optional<Refusal> Scan::judge_layout(std::uint64_t end) {
  std::sort(extents_.begin(), extents_.end(),
            [](const EntryExtent& a, const EntryExtent& b) { return a.begin < b.begin; });
  std::uint64_t position = 0;
  for (const EntryExtent& extent : extents_) {
    if (extent.begin < position) return refuse_overlap(extent);
    if (extent.begin > position) break;
    position = extent.end;
  }
  if (position == end) return std::nullopt;
  return refuse(Rule::ambiguous, {}, "it holds bytes that belong to none of its entries");
}

Refusal Scan::refuse_overlap(const EntryExtent& extent) const {
  const auto entry = std::ranges::find(found_.entries, extent.data, &ScannedEntry::data_offset);
  return refuse(Rule::overlap, entry->path, "it shares bytes with another entry");
}

std::optional<Refusal> Scan::judge_totals() const {
  const auto files = std::ranges::count(found_.entries, EntryKind::file, &ScannedEntry::kind);
  if (static_cast<std::size_t>(files) < limits_.least_files)
    return refuse(Rule::empty, {}, "it holds no file");
  if (found_.unpacked_bytes <= limits_.free_of_ratio) return std::nullopt;
  const std::uint64_t least_packed = (found_.unpacked_bytes - 1) / limits_.ratio + 1;
  if (packed_bytes_ >= least_packed) return std::nullopt;
  return refuse(Rule::ratio_too_high, {},
                "it unpacks to more than " + std::to_string(limits_.ratio) + " times its size");
}

}  // namespace

Result<ScannedArchive, ZipFailure> scan_zip(int fd, const ScanLimits& limits) {
  const auto file = MappedFile::map(fd);
  if (!file) return ZipFailure{file.error()};
  auto scanned = Scan(*file, limits).run();
  if (!scanned) return ZipFailure{std::move(scanned).error()};
  return std::move(scanned).value();
}

}  // namespace ops::archive
