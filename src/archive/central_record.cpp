#include "archive/central_record.hpp"

#include <sys/stat.h>

#include <string>

#include "archive/zip_format.hpp"

namespace ops::archive {
namespace {

constexpr std::uint32_t dos_directory = 0x10;
constexpr std::uint64_t empty_deflate_stream = 2;  // bytes of a deflated nothing

unsigned unix_mode(const CentralRecord& record) { return record.external_attributes >> 16U; }

std::optional<Refusal> judge_flags(const CentralRecord& record) {
  constexpr std::uint16_t encrypted =
      format::flag_encrypted | format::flag_strong_encryption | format::flag_masked_headers;
  constexpr std::uint16_t known =
      encrypted | format::flag_descriptor | format::flag_utf8 | format::flags_deflate_level;
  if ((record.flags & encrypted) != 0) {
    return refuse(Rule::encrypted, record.raw_name, "it is encrypted");
  }
  if ((record.flags & ~known) != 0) {
    return refuse(Rule::unsupported_method, record.raw_name, "it has flags that nobody uses");
  }
  return std::nullopt;
}

std::optional<Refusal> judge_method(const CentralRecord& record) {
  const bool stored = record.method == format::method_stored;
  if (!stored && record.method != format::method_deflated) {
    return refuse(
        Rule::unsupported_method, record.raw_name,
        "it is neither stored nor deflated, but packed by method " + std::to_string(record.method));
  }
  if (stored && record.sizes.packed != record.sizes.unpacked) {
    return refuse(Rule::inconsistent, record.raw_name, "it is stored, but with two sizes");
  }
  if (!stored && record.sizes.packed == 0 && !record.named_as_directory()) {
    return refuse(Rule::inconsistent, record.raw_name, "it is deflated to no bytes at all");
  }
  return std::nullopt;
}

// The type bits count whatever system the record claims to come from: some readers obey them.
std::optional<Refusal> judge_type(const CentralRecord& record) {
  const unsigned type = unix_mode(record) & S_IFMT;
  if (type == S_IFLNK) return refuse(Rule::symbolic_link, record.raw_name, "it is a symbolic link");
  if (type != 0 && type != S_IFREG && type != S_IFDIR) {
    return refuse(Rule::special_file, record.raw_name, "it is neither a file nor a directory");
  }
  const bool says_directory = type == S_IFDIR || (record.external_attributes & dos_directory) != 0;
  const bool says_file = type == S_IFREG;
  if (record.named_as_directory() ? says_file : says_directory) {
    return refuse(Rule::file_is_directory, record.raw_name,
                  "its name and its attributes differ on whether it is a directory");
  }
  return std::nullopt;
}

std::optional<Refusal> judge_directory(const CentralRecord& record) {
  if (!record.named_as_directory()) return std::nullopt;
  const bool no_bytes = record.sizes.unpacked == 0 && record.crc32 == 0 &&
                        record.sizes.packed <= empty_deflate_stream;
  if (no_bytes) return std::nullopt;
  return refuse(Rule::inconsistent, record.raw_name, "it is a directory that has contents");
}

}  // namespace

std::string_view CentralRecord::path() const {
  return raw_name.substr(0, raw_name.size() - (named_as_directory() ? 1 : 0));
}

Result<CentralRecord, Refusal> read_central_record(ByteReader& directory) {
  CentralRecord record = {};
  const bool signed_as_record = directory.u32() == format::central_signature;
  directory.skip(4);  // versions
  record.flags = directory.u16();
  record.method = directory.u16();
  directory.skip(4);  // time and date
  record.crc32 = directory.u32();
  record.sizes.packed = directory.u32();
  record.sizes.unpacked = directory.u32();
  const std::uint16_t name_length = directory.u16();
  const std::uint16_t extra_length = directory.u16();
  const std::uint16_t comment_length = directory.u16();
  record.disk = directory.u16();
  directory.skip(2);  // internal attributes
  record.external_attributes = directory.u32();
  record.local_offset = directory.u32();
  record.raw_name = directory.text(name_length);
  record.extra = directory.take(extra_length);
  directory.skip(comment_length);
  if (!signed_as_record || !directory.ok()) {
    return refuse(Rule::inconsistent, {},
                  "its central directory does not hold the records that its end record counts");
  }
  const auto sizes = judge_extra_fields(record.extra, record.sizes, record.raw_name);
  if (!sizes) return sizes.error();
  record.sizes = *sizes;
  return record;
}

std::optional<Refusal> judge_central_record(const CentralRecord& record) {
  if (record.disk == format::elsewhere16 || record.local_offset == format::elsewhere32) {
    return refuse(Rule::zip64, record.raw_name, "its place is given in the ZIP64 format");
  }
  if (record.disk != 0) {
    return refuse(Rule::truncated, record.raw_name, "it lies in another part of the archive");
  }
  for (const auto judge : {judge_flags, judge_method, judge_type, judge_directory}) {
    if (auto refusal = judge(record)) return refusal;
  }
  return std::nullopt;
}

unsigned mode_of(const CentralRecord& record) {
  const bool runs = (unix_mode(record) & S_IXUSR) != 0;
  return record.named_as_directory() || runs ? 0755 : 0644;
}

}  // namespace ops::archive
