#include "archive/local_record.hpp"

#include <optional>
#include <string_view>

#include "archive/byte_reader.hpp"
#include "archive/extra_field.hpp"
#include "archive/zip_format.hpp"

namespace ops::archive {
namespace {

using Bytes = std::span<const std::byte>;

struct LocalRecord {
  bool signed_as_record;
  std::uint16_t flags;
  std::uint16_t method;
  std::uint32_t crc32;
  Sizes sizes;
  std::string_view name;
  Bytes extra;
};

LocalRecord parse(ByteReader& reader) {
  LocalRecord local = {};
  local.signed_as_record = reader.u32() == format::local_signature;
  reader.skip(2);  // version
  local.flags = reader.u16();
  local.method = reader.u16();
  reader.skip(4);  // time and date
  local.crc32 = reader.u32();
  local.sizes.packed = reader.u32();
  local.sizes.unpacked = reader.u32();
  const std::uint16_t name_length = reader.u16();
  const std::uint16_t extra_length = reader.u16();
  local.name = reader.text(name_length);
  local.extra = reader.take(extra_length);
  return local;
}

// With a descriptor the header may leave open what it could not know yet.
bool agrees(std::uint64_t local, std::uint64_t central, bool may_be_open) {
  return local == central || (may_be_open && local == 0);
}

std::optional<Refusal> compare(const LocalRecord& local, const CentralRecord& central) {
  const auto differs = [&](const char* why) {
    return refuse(Rule::inconsistent, central.raw_name, why);
  };
  if (!local.signed_as_record) return differs("there is no local header where it should be");
  if (local.name != central.raw_name) return differs("its local header has another name");
  if (local.flags != central.flags) return differs("its local header has other flags");
  if (local.method != central.method) return differs("its local header has another method");
  const auto sizes = judge_extra_fields(local.extra, local.sizes, central.raw_name);
  if (!sizes) return sizes.error();
  const bool open = (local.flags & format::flag_descriptor) != 0;
  if (!agrees(local.crc32, central.crc32, open)) {
    return differs("its local header has another checksum");
  }
  if (!agrees(sizes->packed, central.sizes.packed, open) ||
      !agrees(sizes->unpacked, central.sizes.unpacked, open)) {
    return differs("its local header has other sizes");
  }
  return std::nullopt;
}

bool descriptor_agrees(ByteReader& reader, const CentralRecord& central) {
  const bool signed_as_descriptor = reader.u32() == format::descriptor_signature;
  const std::uint32_t crc32 = reader.u32();
  const std::uint64_t packed = reader.u32();
  const std::uint64_t unpacked = reader.u32();
  return signed_as_descriptor && reader.ok() && crc32 == central.crc32 &&
         Sizes{packed, unpacked} == central.sizes;
}

}  // namespace

Result<EntryExtent, Refusal> judge_local_record(Bytes entries, const CentralRecord& central) {
  const auto outside = [&] {
    return refuse(Rule::truncated, central.raw_name, "its bytes lie outside the archive");
  };
  ByteReader reader(entries);
  reader.skip(central.local_offset);
  const LocalRecord local = parse(reader);
  if (!reader.ok()) return outside();
  if (auto refusal = compare(local, central)) return *std::move(refusal);
  EntryExtent extent = {central.local_offset, 0, 0};
  extent.data = extent.begin + format::local_size + local.name.size() + local.extra.size();
  reader.skip(central.sizes.packed);
  if (!reader.ok()) return outside();
  extent.end = extent.data + central.sizes.packed;
  if ((local.flags & format::flag_descriptor) == 0) return extent;
  if (!descriptor_agrees(reader, central)) {
    return refuse(Rule::inconsistent, central.raw_name,
                  "its data descriptor is missing or says something else");
  }
  extent.end += format::descriptor_size;
  return extent;
}

}  // namespace ops::archive
