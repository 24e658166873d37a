#include "base/hex.hpp"

#include <array>

#include "catch.hpp"

namespace ops::base {

TEST_CASE("every byte becomes two lower-case digits and comes back") {
  for (unsigned value = 0; value < 256; ++value) {
    const std::array<std::byte, 1> byte{static_cast<std::byte>(value)};
    const std::string text = to_hex(byte);
    CHECK(text.size() == 2);
    const auto read = from_hex(text);
    REQUIRE(read.has_value());
    CHECK(read->at(0) == byte[0]);
  }
  const std::array<std::byte, 2> some{std::byte{0x0a}, std::byte{0xff}};
  CHECK(to_hex(some) == "0aff");
  CHECK(from_hex("")->empty());
}

TEST_CASE("hex digits in capitals become small ones, and nothing else changes") {
  CHECK(lower_hex("09AFafGg@`") == "09afafGg@`");
}

TEST_CASE("hex refuses what is not its own spelling") {
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("0A"));
  CHECK_FALSE(from_hex("0g"));
  CHECK_FALSE(from_hex("0x"));
  CHECK_FALSE(from_hex(" 0"));
  CHECK_FALSE(from_hex(std::string_view("0\0", 2)));
}

}  // namespace ops::base
