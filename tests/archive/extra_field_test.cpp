#include "archive/extra_field.hpp"

#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using forged::extra_field;
using forged::little_endian;
using forged::verdict;
using forged::with_extra;

namespace {

// Both headers point to the ZIP64 field for both sizes.
forged::Entry sizes_elsewhere(const std::string& field) {
  auto entry = with_extra(forged::plain_file(), extra_field(0x0001, field));
  entry.local.packed = entry.local.unpacked = 0xffffffff;
  entry.central.packed = entry.central.unpacked = 0xffffffff;
  return entry;
}

}  // namespace

TEST_CASE("extra fields that nobody here needs are ignored, also where they tell of links") {
  CHECK(verdict(with_extra(forged::plain_file(), extra_field(0x5455, "\3aaaabbbb"))) == "accepted");
  CHECK(verdict(with_extra(forged::plain_file(),
                           extra_field(0x000d, "aaaabbbbuuggto/etc/passwd"))) == "accepted");
  CHECK(verdict(with_extra(forged::plain_file(),
                           extra_field(0x6375, "a") + extra_field(0x6375, "b"))) == "accepted");
}

TEST_CASE("extra fields that do not add up are refused, in either header") {
  const auto extra = GENERATE(as<std::string>{}, "x", "xxx", extra_field(0x5455, "ab") + "x",
                              extra_field(0x5455, "ab").substr(0, 5));
  CHECK(verdict(with_extra(forged::plain_file(), extra)) == "bad-extra-field");
  auto local_only = forged::plain_file();
  local_only.local.extra = extra;
  CHECK(verdict(local_only) == "bad-extra-field");
}

TEST_CASE("the field that gives an entry a second name is refused, in either header") {
  const std::string field = extra_field(0x7075, "\1crc4../pwn");
  auto central_only = forged::plain_file();
  central_only.central.extra = field;
  CHECK(verdict(central_only) == "bad-extra-field");
  auto local_only = forged::plain_file();
  local_only.local.extra = field;
  CHECK(verdict(local_only) == "bad-extra-field");
}

TEST_CASE("sizes in a ZIP64 field that holds exactly them are accepted") {
  CHECK(verdict(sizes_elsewhere(little_endian(8, 8) + little_endian(8, 8))) == "accepted");
  CHECK(verdict(with_extra(forged::plain_file(), extra_field(0x0001, ""))) == "accepted");
  const std::string repeated = little_endian(8, 8) + little_endian(8, 8);
  CHECK(verdict(with_extra(forged::plain_file(), extra_field(0x0001, repeated))) == "accepted");
}

TEST_CASE("a ZIP64 field that holds more or less than is asked for is refused") {
  CHECK(verdict(sizes_elsewhere(little_endian(8, 8))) == "zip64");
  CHECK(verdict(sizes_elsewhere(std::string(24, '\0'))) == "zip64");
  CHECK(verdict(with_extra(forged::plain_file(), extra_field(0x0001, std::string(16, '\0')))) ==
        "zip64");
  auto none = forged::plain_file();
  none.central.unpacked = 0xffffffff;
  CHECK(verdict(none) == "zip64");
}

TEST_CASE("two ZIP64 fields are refused") {
  CHECK(verdict(
            with_extra(forged::plain_file(), extra_field(0x0001, "") + extra_field(0x0001, ""))) ==
        "bad-extra-field");
}

TEST_CASE("sizes near the end of 64 bits are only too large") {
  CHECK(verdict(sizes_elsewhere(std::string(16, '\xff'))) == "too-large");
}
