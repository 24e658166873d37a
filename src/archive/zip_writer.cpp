#include "archive/zip_writer.hpp"

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "archive/zip_format.hpp"
#include "base/os_error.hpp"

namespace ops::archive {
namespace {

constexpr std::uint16_t version = 20;  // deflate and directories
constexpr std::uint16_t midnight = 0;
constexpr std::uint16_t first_of_january_1980 = 0x0021;

void put16(std::string& record, std::uint64_t value) {
  record += static_cast<char>(value & 0xffU);
  record += static_cast<char>((value >> 8U) & 0xffU);
}

void put32(std::string& record, std::uint64_t value) {
  put16(record, value);
  put16(record, value >> 16U);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Error too_big() {
  return Error{"cannot make the zip: a zip without ZIP64 holds at most 4 GiB and 65,534 files"};
}

}  // namespace

void ZipWriter::begin_entry(std::string_view name) {
  name_ = name;
  data_ = begin_ + format::local_size + name.size();
  at_ = data_;
}

Result<void> ZipWriter::append(std::span<const std::byte> packed) {
  auto written = write_at(at_, {reinterpret_cast<const char*>(packed.data()), packed.size()});
  at_ += packed.size();
  return written;
}

Result<void> ZipWriter::end_entry(const Contents& contents) {
  if (at_ >= format::elsewhere32 || contents.unpacked_bytes >= format::elsewhere32) {
    return too_big();
  }
  std::string shared;  // what the local and the central record have in common
  put16(shared, version);
  put16(shared, is_ascii(name_) ? 0 : format::flag_utf8);
  put16(shared,
        contents.packing == Packing::stored ? format::method_stored : format::method_deflated);
  put16(shared, midnight);
  put16(shared, first_of_january_1980);
  put32(shared, contents.crc32);
  put32(shared, packed_bytes());
  put32(shared, contents.unpacked_bytes);
  put16(shared, name_.size());
  put16(shared, 0);  // extra fields

  std::string local;
  put32(local, format::local_signature);
  local += shared + name_;

  put32(directory_, format::central_signature);
  put16(directory_, format::host_unix << 8U | version);
  directory_ += shared;
  put16(directory_, 0);  // comment
  put16(directory_, 0);  // disk
  put16(directory_, 0);  // internal attributes
  put32(directory_, static_cast<std::uint64_t>(S_IFREG | contents.mode) << 16U);
  put32(directory_, begin_);
  directory_ += name_;

  ++entries_;
  const std::uint64_t offset = begin_;
  begin_ = at_;
  return write_at(offset, local);
}

Result<std::uint64_t> ZipWriter::finish() {
  const std::uint64_t size = begin_ + directory_.size() + format::end_size;
  if (entries_ >= format::elsewhere16 || begin_ + directory_.size() >= format::elsewhere32) {
    return too_big();
  }
  std::string end;
  put32(end, format::end_signature);
  put32(end, 0);  // disks
  put16(end, entries_);
  put16(end, entries_);
  put32(end, directory_.size());
  put32(end, begin_);
  put16(end, 0);  // comment
  if (auto written = write_at(begin_, directory_ + end); !written) return written.error();
  // An entry that was started anew may have been longer the first time.
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return base::os_error("cannot end the zip");
  return size;
}

Result<void> ZipWriter::write_at(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return base::os_error("cannot write the zip");
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

}  // namespace ops::archive
