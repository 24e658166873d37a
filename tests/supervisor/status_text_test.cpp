#include "supervisor/status_text.hpp"

#include <string>

#include "catch.hpp"

using ops::supervisor::status_text;
using namespace std::string_literals;

TEST_CASE("a text that can be shown stays as it is") {
  for (const char* text :
       {"", "up", "66 % of the check", "größer, 日本語, Ω, ✅, 😀", "a\\b\"c\"", "~"}) {
    CHECK(status_text(text) == text);
  }
}

TEST_CASE("what would steer a terminal or break the line is not shown") {
  CHECK(status_text("\x1b[31mred") == "?[31mred");
  CHECK(status_text("a\r\nb\vc\x7f") == "a??b?c?");
  CHECK(status_text("a\tb") == "a b");
  CHECK(status_text("a\0b"s) == "a?b");
  CHECK(status_text("csi\xc2\x9b") == "csi?");
}

TEST_CASE("what turns the text around or hides in it is not shown") {
  CHECK(status_text("exe\u202egnp") == "exe?gnp");
  CHECK(status_text("a\u2028b\u2029c") == "a?b?c");
  CHECK(status_text("\ufeffa\u200bb\u2066c\u00add") == "?a?b?c?d");
  CHECK(status_text("a\U000e0041b") == "a?b");
}

TEST_CASE("bytes that are no UTF-8 become question marks, one each, and the rest is read on") {
  CHECK(status_text("a\xff\xfe"
                    "b") == "a??b");
  CHECK(status_text("cut\xe2\x82") == "cut??");
  CHECK(status_text("\xe2\x82"
                    "a") == "??a");
  CHECK(status_text("lone\xbf") == "lone?");
  CHECK(status_text("overlong\xc0\xaf\xe0\x80\xaf") == "overlong?????");
  CHECK(status_text("surrogate\xed\xa0\x80") == "surrogate???");
  CHECK(status_text("beyond\xf4\x90\x80\x80") == "beyond????");
  CHECK(status_text("\xf8\x88\x80\x80\x80") == "?????");
  CHECK(status_text("last\xf4\x8f\xbf\xbd") == "last\xf4\x8f\xbf\xbd");
}

TEST_CASE("a text is cut at 256 bytes, never within a character") {
  CHECK(status_text(std::string(256, 'x')) == std::string(256, 'x'));
  CHECK(status_text(std::string(257, 'x')) == std::string(256, 'x'));
  CHECK(status_text(std::string(254, 'x') + "é") == std::string(254, 'x') + "é");
  CHECK(status_text(std::string(255, 'x') + "é") == std::string(255, 'x'));
  CHECK(status_text(std::string(253, 'x') + "😀") == std::string(253, 'x'));
  CHECK(status_text(std::string(255, 'x') + "éa") == std::string(255, 'x'));
  CHECK(status_text(std::string(4000, '\xff')) == std::string(256, '?'));
}
