#include "archive/central_record.hpp"

#include <cstdint>
#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using forged::verdict;

namespace {

forged::Entry with_flags(std::uint16_t flags) {
  auto entry = forged::stored("a", "contents");
  entry.local.flags = entry.central.flags = flags;
  return entry;
}

unsigned mode_after_scan(const forged::Entry& entry) {
  const auto fd = forged::file_of(forged::bytes(entry));
  const auto scanned = ops::archive::scan_zip(fd.get());
  REQUIRE(scanned.ok());
  return scanned->entries.at(0).mode;
}

}  // namespace

TEST_CASE("encrypted entries are refused, by whichever flag they say so") {
  const auto flag = GENERATE(as<std::uint16_t>{}, 0x0001, 0x0041, 0x0040, 0x2000);
  CHECK(verdict(with_flags(flag)) == "encrypted");
}

TEST_CASE("flags without a meaning here are refused, the harmless ones accepted") {
  CHECK(verdict(with_flags(0x0020)) == "unsupported-method");
  CHECK(verdict(with_flags(0x8000)) == "unsupported-method");
  CHECK(verdict(with_flags(0x0806)) == "accepted");
}

TEST_CASE("every method but stored and deflated is refused") {
  const auto method =
      GENERATE(as<std::uint16_t>{}, 1, 6, 7, 9, 12, 14, 20, 93, 95, 97, 98, 99, 65535);
  auto entry = forged::stored("a", "contents");
  entry.local.method = entry.central.method = method;
  CHECK(verdict(entry) == "unsupported-method");
}

TEST_CASE("a stored entry with two sizes is refused") {
  auto entry = forged::stored("a", "contents");
  entry.local.unpacked = entry.central.unpacked = 100;
  CHECK(verdict(entry) == "inconsistent");
}

TEST_CASE("a deflated entry without a byte is refused") {
  auto entry = forged::deflated("a", "");
  entry.data.clear();
  entry.local.packed = entry.central.packed = 0;
  CHECK(verdict(entry) == "inconsistent");
}

TEST_CASE("symbolic links are refused, also with a directory's name") {
  CHECK(verdict(forged::with_mode(forged::stored("link", "/etc/passwd"), 0120777)) ==
        "symbolic-link");
  CHECK(verdict(forged::with_mode(forged::stored("link/", ""), 0120777)) == "symbolic-link");
}

TEST_CASE("devices, pipes, sockets and unknown types are refused") {
  const auto type =
      GENERATE(as<std::uint32_t>{}, 0010666, 0020666, 0060666, 0140666, 0160000, 0177777);
  CHECK(verdict(forged::with_mode(forged::stored("a", "x"), type)) == "special-file");
}

TEST_CASE("a name and attributes that differ on what is a directory are refused") {
  CHECK(verdict(forged::with_mode(forged::stored("a/", ""), 0100644)) == "file-is-directory");
  CHECK(verdict(forged::with_mode(forged::stored("a", ""), 0040755)) == "file-is-directory");
  auto dos = forged::stored("a", "");
  dos.attributes = 0x10;
  CHECK(verdict(dos) == "file-is-directory");
}

TEST_CASE("a directory that speaks of contents is refused, whatever it speaks of") {
  forged::Zip zip;
  zip.entries = {forged::with_mode(forged::deflated("d/", ""), 040755), forged::plain_file()};
  forged::Entry& directory = zip.entries[0];
  REQUIRE(directory.data.size() == 2);
  REQUIRE(verdict(zip) == "accepted");
  SECTION("unpacked bytes") { directory.central.unpacked = 1; }
  SECTION("a checksum") { directory.central.crc32 = 1; }
  SECTION("packed bytes") {
    directory.data += "x";
    directory.central.packed = 3;
  }
  directory.local = directory.central;
  CHECK(verdict(zip) == "inconsistent");
}

TEST_CASE("a directory with contents is refused") {
  CHECK(verdict(forged::with_mode(forged::stored("a/", "contents"), 040755)) == "inconsistent");
}

TEST_CASE("a mode is 0755 where the owner may run the file and 0644 otherwise, never more") {
  const auto file = forged::stored("a", "x");
  CHECK(mode_after_scan(forged::with_mode(file, 0100644)) == 0644);
  CHECK(mode_after_scan(forged::with_mode(file, 0100755)) == 0755);
  CHECK(mode_after_scan(forged::with_mode(file, 0107777)) == 0755);
  CHECK(mode_after_scan(forged::with_mode(file, 0100666)) == 0644);
  CHECK(mode_after_scan(forged::with_mode(file, 0100200)) == 0644);
  CHECK(mode_after_scan(forged::with_mode(file, 0)) == 0644);
}

TEST_CASE("an entry on another disk, or placed by ZIP64, is refused") {
  auto entry = forged::stored("a", "x");
  entry.disk = 1;
  CHECK(verdict(entry) == "truncated");
  entry.disk = 0xffff;
  CHECK(verdict(entry) == "zip64");
  entry.disk = 0;
  entry.offset = 0xffffffff;
  CHECK(verdict(entry) == "zip64");
}

TEST_CASE("a record with another signature is none") {
  std::string zip = forged::bytes(forged::plain_file());
  const std::size_t record = zip.find("PK\1\2");
  REQUIRE(record != std::string::npos);
  zip[record + 3] = '\3';
  CHECK(verdict(zip) == "inconsistent");
}

TEST_CASE("a directory of records that are none is refused") {
  forged::Zip zip;
  zip.entries.push_back(forged::stored("a", "x"));
  zip.in_directory = "PK\1\2 and no more";
  CHECK(verdict(zip) == "inconsistent");
  zip.lie = [](forged::End& end) { end.records = end.records_here = 2; };
  CHECK(verdict(zip) == "inconsistent");
}
