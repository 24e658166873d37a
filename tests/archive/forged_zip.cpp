#include "forged_zip.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cassert>
#include <cstdlib>

#include "base/durable_file.hpp"

namespace forged {
namespace {

std::string fields(const Header& header) {
  return little_endian(header.flags, 2) + little_endian(header.method, 2) + little_endian(0, 4) +
         little_endian(header.crc32, 4) + little_endian(header.packed, 4) +
         little_endian(header.unpacked, 4) + little_endian(header.name.size(), 2) +
         little_endian(header.extra.size(), 2);
}

std::string local_record(const Entry& entry) {
  return little_endian(entry.local_signature, 4) + little_endian(20, 2) + fields(entry.local) +
         entry.local.name + entry.local.extra;
}

std::string central_record(const Entry& entry, std::size_t offset) {
  return "PK\1\2" + little_endian(entry.made_by, 2) + little_endian(20, 2) + fields(entry.central) +
         little_endian(entry.comment.size(), 2) + little_endian(entry.disk, 2) +
         little_endian(0, 2) + little_endian(entry.attributes, 4) +
         little_endian(entry.offset.value_or(static_cast<std::uint32_t>(offset)), 4) +
         entry.central.name + entry.central.extra + entry.comment;
}

std::string end_record(const End& end) {
  return "PK\5\6" + little_endian(end.disk, 2) + little_endian(end.directory_disk, 2) +
         little_endian(end.records_here, 2) + little_endian(end.records, 2) +
         little_endian(end.size, 4) + little_endian(end.offset, 4) +
         little_endian(end.comment_length, 2);
}

std::uint32_t crc_of(const std::string& contents) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(contents.data()), contents.size()));
}

Entry entry_of(const std::string& name, const std::string& contents, std::string data,
               std::uint16_t method) {
  Entry entry;
  entry.central.method = method;
  entry.central.crc32 = crc_of(contents);
  entry.central.packed = static_cast<std::uint32_t>(data.size());
  entry.central.unpacked = static_cast<std::uint32_t>(contents.size());
  entry.central.name = name;
  entry.local = entry.central;
  entry.data = std::move(data);
  return entry;
}

}  // namespace

std::string little_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8U) text += static_cast<char>(value & 0xffU);
  return text;
}

std::string extra_field(std::uint16_t id, const std::string& body) {
  return little_endian(id, 2) + little_endian(body.size(), 2) + body;
}

std::string deflate(const std::string& contents) {
  z_stream z = {};
  if (::deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string packed(::deflateBound(&z, static_cast<uLong>(contents.size())), '\0');
  std::string input = contents;
  z.next_in = reinterpret_cast<Bytef*>(input.data());
  z.avail_in = static_cast<uInt>(input.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  if (::deflate(&z, Z_FINISH) != Z_STREAM_END) std::abort();
  packed.resize(packed.size() - z.avail_out);
  ::deflateEnd(&z);
  return packed;
}

Entry stored(const std::string& name, const std::string& contents) {
  return entry_of(name, contents, contents, 0);
}

Entry deflated(const std::string& name, const std::string& contents) {
  return entry_of(name, contents, deflate(contents), 8);
}

Entry streamed(const std::string& name, const std::string& contents) {
  Entry entry = deflated(name, contents);
  entry.central.flags = 8;
  entry.local.flags = 8;
  entry.local.crc32 = entry.local.packed = entry.local.unpacked = 0;
  entry.descriptor = "PK\7\x8" + little_endian(entry.central.crc32, 4) +
                     little_endian(entry.central.packed, 4) +
                     little_endian(entry.central.unpacked, 4);
  return entry;
}

Entry directory(const std::string& name) { return with_mode(stored(name + "/", ""), 040755); }

Entry with_mode(Entry entry, std::uint32_t unix_mode) {
  entry.attributes = unix_mode << 16U;
  return entry;
}

Entry with_extra(Entry entry, const std::string& extra) {
  entry.local.extra = entry.central.extra = extra;
  return entry;
}

std::string bytes(const Zip& zip) {
  std::string file = zip.prefix;
  std::string directory;
  for (const Entry& entry : zip.entries) {
    directory += central_record(entry, file.size());
    file += local_record(entry) + entry.data + entry.descriptor;
  }
  file += zip.before_directory;
  directory += zip.in_directory;
  End end;
  end.records_here = end.records = static_cast<std::uint16_t>(zip.entries.size());
  end.size = static_cast<std::uint32_t>(directory.size());
  end.offset = static_cast<std::uint32_t>(file.size());
  end.comment_length = static_cast<std::uint16_t>(zip.comment.size());
  zip.lie(end);
  return file + directory + zip.before_end + end_record(end) + zip.comment + zip.trailing;
}

std::string bytes(const Entry& only) {
  Zip zip;
  zip.entries.push_back(only);
  return bytes(zip);
}

ops::base::UniqueFd file_of(const std::string& contents) {
  ops::base::UniqueFd fd(::memfd_create("archive", MFD_CLOEXEC));
  if (!fd || !ops::base::write_all(fd.get(), contents)) std::abort();
  return fd;
}

std::string code_of(const ops::archive::ZipFailure& failure) {
  const auto* refusal = std::get_if<ops::archive::Refusal>(&failure);
  return refusal != nullptr ? ops::archive::code(refusal->rule) : "error";
}

std::string verdict(const std::string& zip, const ops::archive::ScanLimits& limits) {
  const ops::base::UniqueFd fd = file_of(zip);
  const auto scanned = ops::archive::scan_zip(fd.get(), limits);
  return scanned ? "accepted" : code_of(scanned.error());
}

std::string verdict(const Zip& zip, const ops::archive::ScanLimits& limits) {
  return verdict(bytes(zip), limits);
}

std::string verdict(const Entry& only, const ops::archive::ScanLimits& limits) {
  return verdict(bytes(only), limits);
}

}  // namespace forged
