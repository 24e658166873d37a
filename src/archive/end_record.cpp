#include "archive/end_record.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "archive/byte_reader.hpp"
#include "archive/zip_format.hpp"

namespace ops::archive {
namespace {

using Bytes = std::span<const std::byte>;

struct EndRecord {
  std::uint16_t disk;
  std::uint16_t directory_disk;
  std::uint16_t records_here;
  std::uint16_t records;
  std::uint32_t size;
  std::uint32_t offset;
  std::string_view comment;
};

bool has_signature(Bytes bytes, std::uint32_t signature) {
  return ByteReader(bytes).u32() == signature;
}

// The last place where the signature and a whole record fit; readers look from there backwards.
std::optional<std::size_t> find_end(Bytes file) {
  if (file.size() < format::end_size) return std::nullopt;
  const std::size_t last = file.size() - format::end_size;
  const std::size_t first = last - std::min(last, format::longest_comment);
  for (std::size_t at = last + 1; at-- > first;) {
    if (has_signature(file.subspan(at), format::end_signature)) return at;
  }
  return std::nullopt;
}

// Nothing where the comment does not end exactly with the file.
std::optional<EndRecord> parse(Bytes bytes) {
  ByteReader reader(bytes);
  reader.skip(4);
  EndRecord end = {};
  end.disk = reader.u16();
  end.directory_disk = reader.u16();
  end.records_here = reader.u16();
  end.records = reader.u16();
  end.size = reader.u32();
  end.offset = reader.u32();
  end.comment = reader.text(reader.u16());
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return end;
}

// A record's signature where no record may be: some reader would start from there.
bool holds_signature(std::string_view text) {
  constexpr std::array<std::string_view, 6> signatures = {"PK\1\2", "PK\3\4", "PK\5\6",
                                                          "PK\6\6", "PK\6\7", "PK\7\x8"};
  return std::any_of(signatures.begin(), signatures.end(), [text](std::string_view signature) {
    return text.find(signature) != std::string_view::npos;
  });
}

bool asks_for_zip64(Bytes before, const EndRecord& end) {
  const bool locator =
      before.size() >= format::zip64_locator_size &&
      has_signature(before.last(format::zip64_locator_size), format::zip64_locator_signature);
  return locator || end.disk == format::elsewhere16 || end.directory_disk == format::elsewhere16 ||
         end.records_here == format::elsewhere16 || end.records == format::elsewhere16 ||
         end.size == format::elsewhere32 || end.offset == format::elsewhere32;
}

std::optional<Refusal> judge(const EndRecord& end, Bytes before) {
  if (holds_signature(end.comment)) {
    return refuse(Rule::ambiguous, {}, "its comment holds a record of its own");
  }
  if (asks_for_zip64(before, end)) {
    return refuse(Rule::zip64, {}, "it is in the ZIP64 format, which only larger archives need");
  }
  if (end.disk != 0 || end.directory_disk != 0) {
    return refuse(Rule::truncated, {}, "it is one part of several");
  }
  if (end.records_here != end.records) {
    return refuse(Rule::inconsistent, {}, "its end record gives two different counts of entries");
  }
  if (end.offset > before.size() || end.size > before.size() - end.offset) {
    return refuse(Rule::truncated, {}, "its central directory lies outside the file");
  }
  if (end.size != before.size() - end.offset) {
    return refuse(Rule::ambiguous, {}, "there are bytes that belong to nothing around its parts");
  }
  return std::nullopt;
}

}  // namespace

Result<DirectoryExtent, Refusal> read_end_record(Bytes file) {
  const auto at = find_end(file);
  if (!at) return refuse(Rule::not_a_zip, {}, "it is not a zip file, or its end is missing");
  const auto end = parse(file.subspan(*at));
  if (!end) return refuse(Rule::ambiguous, {}, "its comment does not end where the file ends");
  const Bytes before = file.first(*at);
  if (auto refusal = judge(*end, before)) return *std::move(refusal);
  const Bytes directory = before.subspan(end->offset);
  if (std::string_view(reinterpret_cast<const char*>(directory.data()), directory.size())
          .find("PK\5\6") != std::string_view::npos) {
    return refuse(Rule::ambiguous, {}, "its central directory holds an end record of its own");
  }
  return DirectoryExtent{end->offset, end->size, end->records};
}

}  // namespace ops::archive
