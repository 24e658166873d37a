// Any bytes, scanned as a zip. Beyond what the sanitizers see: what passes lies in the file, every
// byte of it but the records in one entry only, under names that can be made below a directory.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/entry_name.hpp"
#include "archive/path_tree.hpp"
#include "archive/refusal.hpp"
#include "archive/zip_scan.hpp"
#include "base/durable_file.hpp"
#include "base/unique_fd.hpp"

namespace {

using ops::archive::ScanLimits;
using ops::archive::ScannedArchive;
using ops::archive::ScannedEntry;

void require(bool holds) {
  if (!holds) std::abort();
}

ScanLimits small_limits() {
  ScanLimits limits;
  limits.unpacked_bytes = std::uint64_t{4} << 20;
  limits.entries = 2000;
  return limits;
}

void require_sound_names(const ScannedArchive& scanned, const ScanLimits& limits) {
  ops::archive::PathTree tree(limits);
  for (const ScannedEntry& entry : scanned.entries) {
    require(!ops::archive::judge_name(entry.path, limits));
    require(!tree.add(entry.path, entry.kind));
    require(entry.mode == 0644 || entry.mode == 0755);
  }
}

void require_own_bytes(const ScannedArchive& scanned, std::uint64_t size) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
  for (const ScannedEntry& entry : scanned.entries) {
    require(entry.packed_bytes <= size && entry.data_offset <= size - entry.packed_bytes);
    places.emplace_back(entry.data_offset, entry.packed_bytes);
  }
  std::sort(places.begin(), places.end());
  std::uint64_t end = 0;
  for (const auto& [offset, bytes] : places) {
    require(offset > end);  // its header lies between
    end = offset + bytes;
  }
}

void require_sizes_within(const ScannedArchive& scanned, const ScanLimits& limits) {
  std::uint64_t bytes = 0;
  for (const ScannedEntry& entry : scanned.entries) bytes += entry.unpacked_bytes;
  require(bytes == scanned.unpacked_bytes && bytes <= limits.unpacked_bytes);
  require(scanned.entries.size() <= limits.entries);
}

void require_told(const ops::archive::ZipFailure& failure) {
  const auto* refusal = std::get_if<ops::archive::Refusal>(&failure);
  require(refusal != nullptr);  // nothing here is the machine's fault
  require(refusal->message.starts_with("cannot take the "));
  require(refusal->message.ends_with(std::string("(") + code(refusal->rule) + ")"));
  require(std::ranges::none_of(refusal->message, [](unsigned char c) { return c < 0x20; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ops::base::UniqueFd archive(::memfd_create("archive", MFD_CLOEXEC));
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require(archive && ops::base::write_all(archive.get(), bytes).ok());
  const ScanLimits limits = small_limits();
  const auto scanned = ops::archive::scan_zip(archive.get(), limits);
  if (!scanned) {
    require_told(scanned.error());
    return 0;
  }
  require_sound_names(*scanned, limits);
  require_own_bytes(*scanned, size);
  require_sizes_within(*scanned, limits);
  return 0;
}
