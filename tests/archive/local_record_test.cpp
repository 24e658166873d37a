#include "archive/local_record.hpp"

#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using forged::verdict;

TEST_CASE("a local header that contradicts the central one is refused") {
  auto entry = forged::plain_file();
  SECTION("by its name") { entry.local.name = "b"; }
  SECTION("by a longer name") { entry.local.name = "ab"; }
  SECTION("by its method") { entry.local.method = 8; }
  SECTION("by its flags") { entry.local.flags = 0x0001; }
  SECTION("by a descriptor that only it speaks of") { entry.local.flags = 0x0008; }
  SECTION("by its checksum") { entry.local.crc32 ^= 1; }
  SECTION("by its packed size") { entry.local.packed += 1; }
  SECTION("by its unpacked size") { entry.local.unpacked = 0; }
  SECTION("by not being one") { entry.local_signature = 0x04034b51; }
  CHECK(verdict(entry) == "inconsistent");
}

TEST_CASE("entries that point outside the archive are refused") {
  auto entry = forged::plain_file();
  SECTION("past its end") { entry.offset = 0xfffffff0; }
  SECTION("into the end of its headers") { entry.offset = 40; }
  SECTION("by a name that goes on into the directory") {
    entry.local.name = entry.central.name = std::string(200, 'n');
    entry.offset = 9;
  }
  CHECK(verdict(entry) != "accepted");
}

TEST_CASE("a local header that lies beyond the archive is told as that") {
  auto entry = forged::plain_file();
  entry.offset = 0xfffffff0;
  CHECK(verdict(entry) == "truncated");
}

TEST_CASE("data that goes on beyond the directory is refused") {
  auto entry = forged::plain_file();
  entry.local.packed = entry.central.packed = 1000;
  entry.local.unpacked = entry.central.unpacked = 1000;
  CHECK(verdict(entry) == "truncated");
}

TEST_CASE("sizes that follow the data are accepted when they agree") {
  CHECK(verdict(forged::streamed("a", "contents")) == "accepted");
  auto known_before = forged::streamed("a", "contents");
  known_before.local.unpacked = known_before.central.unpacked;
  CHECK(verdict(known_before) == "accepted");
}

TEST_CASE("a data descriptor that is missing or says something else is refused") {
  auto entry = forged::streamed("a", "contents");
  SECTION("missing") { entry.descriptor.clear(); }
  SECTION("without its signature") { entry.descriptor.erase(0, 4); }
  SECTION("with another signature") { entry.descriptor[3] ^= 1; }
  SECTION("another checksum") { entry.descriptor[4] ^= 1; }
  SECTION("another packed size") { entry.descriptor[8] ^= 1; }
  SECTION("another unpacked size") { entry.descriptor[12] ^= 1; }
  SECTION("in 64 bits") {
    entry.descriptor.insert(12, 4, '\0');
    entry.descriptor.append(4, '\0');
  }
  CHECK(verdict(entry) == "inconsistent");
}
