#include "archive/extra_field.hpp"

#include <optional>

#include "archive/byte_reader.hpp"
#include "archive/zip_format.hpp"

namespace ops::archive {
namespace {

using Bytes = std::span<const std::byte>;

bool is_elsewhere(std::uint64_t size) { return size == format::elsewhere32; }

// Some writers repeat in the ZIP64 field what the header says already.
bool only_repeats(Bytes zip64, Sizes said) {
  ByteReader reader(zip64);
  const std::uint64_t unpacked = reader.u64();
  const std::uint64_t packed = reader.u64();
  return reader.ok() && reader.at_end() && Sizes{packed, unpacked} == said;
}

Result<Sizes, Refusal> resolve(Sizes said, Bytes zip64, std::string_view entry) {
  if (only_repeats(zip64, said)) return said;
  ByteReader reader(zip64);
  Sizes sizes = said;
  if (is_elsewhere(said.unpacked)) sizes.unpacked = reader.u64();
  if (is_elsewhere(said.packed)) sizes.packed = reader.u64();
  if (!reader.ok() || !reader.at_end()) {
    return refuse(Rule::zip64, entry, "its ZIP64 field does not hold what its header asks for");
  }
  return sizes;
}

}  // namespace

Result<Sizes, Refusal> judge_extra_fields(Bytes fields, Sizes said, std::string_view entry) {
  std::optional<Bytes> zip64;
  for (ByteReader reader(fields); !reader.at_end();) {
    const std::uint16_t id = reader.u16();
    const Bytes body = reader.take(reader.u16());
    if (!reader.ok()) return refuse(Rule::bad_extra_field, entry, "its extra fields are malformed");
    if (id == format::extra_unicode_path) {
      return refuse(Rule::bad_extra_field, entry, "an extra field gives it a second name");
    }
    if (id != format::extra_zip64) continue;
    if (zip64) return refuse(Rule::bad_extra_field, entry, "it has two ZIP64 fields");
    zip64 = body;
  }
  return resolve(said, zip64.value_or(Bytes{}), entry);
}

}  // namespace ops::archive
