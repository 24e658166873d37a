#include "archive/name_key.hpp"

#include "catch.hpp"

using ops::archive::name_key;

TEST_CASE("names that differ by case have one key") {
  CHECK(name_key("README.md") == name_key("readme.MD"));
  CHECK(name_key("\xc3\x84pfel") == name_key("\xc3\xa4pfel"));                          // Ä ä
  CHECK(name_key("\xc5\x81") == name_key("\xc5\x82"));                                  // Ł ł
  CHECK(name_key("\xc4\x90") == name_key("\xc4\x91"));                                  // Đ đ
  CHECK(name_key("\xc3\x98") == name_key("\xc3\xb8"));                                  // Ø ø
  CHECK(name_key("\xce\xa3\xce\x9f\xce\xa3") == name_key("\xcf\x83\xce\xbf\xcf\x82"));  // ΣΟΣ σος
  CHECK(name_key("\xd0\x96\xd0\x81") == name_key("\xd0\xb6\xd1\x91"));                  // ЖЁ жё
  CHECK(name_key("\xc4\xb0") == name_key("i\xcc\x87"));                                 // İ i̇
}

TEST_CASE("names that differ by normal form have one key") {
  CHECK(name_key("\xc3\xa9.txt") == name_key("e\xcc\x81.txt"));         // é
  CHECK(name_key("\xc5\xbe") == name_key("z\xcc\x8c"));                 // ž
  CHECK(name_key("\xd0\xb9") == name_key("\xd0\xb8\xcc\x86"));          // й
  CHECK(name_key("\xce\x90") == name_key("\xce\xb9\xcc\x88\xcc\x81"));  // ΐ, of two marks
}

TEST_CASE("different names have different keys") {
  CHECK(name_key("a") != name_key("b"));
  CHECK(name_key("resume") != name_key("r\xc3\xa9sum\xc3\xa9"));
  CHECK(name_key("\xc3\x97") != name_key("\xc3\xb7"));  // × ÷
  CHECK(name_key("[") != name_key("{"));
  CHECK(name_key("@") != name_key("`"));
}
