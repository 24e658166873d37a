#include "archive/utf8.hpp"

#include <string>

#include "catch.hpp"

using ops::archive::append_utf8;
using ops::archive::printable;
using ops::archive::take_code_point;

TEST_CASE("every code point is read back as it was written, and takes its bytes with it") {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text;
    append_utf8(text, c);
    std::string_view rest = text;
    const auto read = take_code_point(rest);
    if (read != c || !rest.empty()) {
      INFO("code point " << static_cast<unsigned long>(c));
      FAIL("not read back");
    }
  }
}

TEST_CASE("bytes that are not UTF-8 in its one spelling are not a code point") {
  const std::string bad =
      GENERATE(as<std::string>{}, "\x80", "\xc0\xaf", "\xe0\x80\xae", "\xc3", "\xed\xa0\x80",
               "\xf4\x90\x80\x80", "\xff", "\xe4\xb8", "\xc3(", "\xf0\x80\x80\xaf");
  std::string_view rest = bad;
  CHECK_FALSE(take_code_point(rest).has_value());
  CHECK(rest == bad);
}

TEST_CASE("printable text keeps letters and escapes what could forge a line or hide") {
  CHECK(printable("src/K\xc3\xa4se \xe4\xb8\x96.txt") == "src/K\xc3\xa4se \xe4\xb8\x96.txt");
  CHECK(printable(std::string_view("a\0b\n\x1b[2J", 8)) == "a\\x00b\\x0a\\x1b[2J");
  CHECK(printable("\"\\") == "\\x22\\x5c");
  CHECK(printable("a\xe2\x80\xae"
                  "b") == "a\\xe2\\x80\\xaeb");
  CHECK(printable("\xff") == "\\xff");
}

TEST_CASE("printable text of a very long name is cut") {
  CHECK(printable(std::string(70'000, 'n')).size() < 300);
}
