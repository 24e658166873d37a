#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archive/zip_extract.hpp"
#include "archive/zip_scan.hpp"
#include "base/unique_fd.hpp"

/// A zip made byte by byte, in which every field may lie.
namespace forged {

struct Header {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc32 = 0;
  std::uint32_t packed = 0;
  std::uint32_t unpacked = 0;
  std::string name;
  std::string extra;
};

struct Entry {
  Header local;
  Header central;
  std::string data;        // as it stands in the archive
  std::string descriptor;  // what follows the data
  std::uint32_t attributes = 0100644U << 16U;
  std::uint16_t made_by = 0x0314;  // the system whose attributes these are, and a version
  std::uint16_t disk = 0;
  std::string comment;
  std::optional<std::uint32_t> offset;  // where the directory says it is
  std::uint32_t local_signature = 0x04034b50;
};

struct End {
  std::uint16_t disk = 0;
  std::uint16_t directory_disk = 0;
  std::uint16_t records_here = 0;
  std::uint16_t records = 0;
  std::uint32_t size = 0;
  std::uint32_t offset = 0;
  std::uint16_t comment_length = 0;
};

struct Zip {
  std::vector<Entry> entries;
  std::string prefix;
  std::string before_directory;
  std::string in_directory;  // after its last record, counted in its size
  std::string before_end;
  std::string comment;
  std::string trailing;
  std::function<void(End&)> lie = [](End&) {};
};

[[nodiscard]] Entry stored(const std::string& name, const std::string& contents);
/// The smallest file that a reader accepts.
[[nodiscard]] inline Entry plain_file() { return stored("a", "contents"); }
[[nodiscard]] Entry deflated(const std::string& name, const std::string& contents);
/// Deflated in one go, with sizes and checksum after the data, as streaming writers do.
[[nodiscard]] Entry streamed(const std::string& name, const std::string& contents);
[[nodiscard]] Entry directory(const std::string& name);
[[nodiscard]] Entry with_mode(Entry entry, std::uint32_t unix_mode);
/// The same extra field in both headers.
[[nodiscard]] Entry with_extra(Entry entry, const std::string& extra);
[[nodiscard]] std::string extra_field(std::uint16_t id, const std::string& body);
[[nodiscard]] std::string little_endian(std::uint64_t value, unsigned bytes);
[[nodiscard]] std::string deflate(const std::string& contents);

[[nodiscard]] std::string bytes(const Zip& zip);
[[nodiscard]] std::string bytes(const Entry& only);

/// A file without a name that holds `contents`.
[[nodiscard]] ops::base::UniqueFd file_of(const std::string& contents);

/// "accepted", the code of the rule that scan_zip() says is broken, or "error".
[[nodiscard]] std::string verdict(const std::string& zip,
                                  const ops::archive::ScanLimits& limits = {});
[[nodiscard]] std::string verdict(const Zip& zip, const ops::archive::ScanLimits& limits = {});
[[nodiscard]] std::string verdict(const Entry& only, const ops::archive::ScanLimits& limits = {});

[[nodiscard]] std::string code_of(const ops::archive::ZipFailure& failure);

}  // namespace forged
