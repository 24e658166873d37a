#include "archive/byte_reader.hpp"

#include <array>
#include <limits>

#include "catch.hpp"

using ops::archive::ByteReader;

namespace {
constexpr std::array<std::byte, 6> six = {std::byte{1}, std::byte{2}, std::byte{3},
                                          std::byte{4}, std::byte{5}, std::byte{6}};
}

TEST_CASE("numbers are read in little-endian order, one after the other") {
  ByteReader reader(six);
  CHECK(reader.u16() == 0x0201);
  CHECK(reader.u32() == 0x06050403);
  CHECK(reader.ok());
  CHECK(reader.at_end());
}

TEST_CASE("a field that does not fit reads as zero, and so does all that follows") {
  ByteReader reader(six);
  CHECK(reader.u64() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u16() == 0);
}

TEST_CASE("a length that would overflow any sum is only too long") {
  ByteReader reader(six);
  reader.skip(3);
  reader.skip(std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(reader.ok());
  CHECK(reader.text(0).empty());
}
