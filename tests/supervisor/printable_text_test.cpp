#include "supervisor/printable_text.hpp"

#include "catch.hpp"

namespace {

std::string shown(std::string_view bytes) { return ops::supervisor::printable_text(bytes, 512); }

}  // namespace

TEST_CASE("letters of any script and signs are shown as they are") {
  CHECK(shown("").empty());
  CHECK(shown("plain \"text\" \\ ~") == "plain \"text\" \\ ~");
  CHECK(shown("Grüße, мир, 世界, \xf0\x9f\x9a\x80") == "Grüße, мир, 世界, \xf0\x9f\x9a\x80");
}

TEST_CASE("what would steer a terminal, forge a line or cannot be seen is a question mark") {
  CHECK(shown("\x1b[31mred\x1b[0m") == "?[31mred?[0m");
  CHECK(shown("a\nb\rc\x7f") == "a?b?c?");
  CHECK(shown(std::string_view("a\0b", 3)) == "a?b");
  // CSI in one character, a line separator, one that turns the direction, one without a width.
  CHECK(shown("\xc2\x9b[1m") == "?[1m");
  CHECK(shown("a\xe2\x80\xa8z") == "a?z");
  CHECK(shown("a\xe2\x80\xaez") == "a?z");
  CHECK(shown("a\xe2\x80\x8bz") == "a?z");
  CHECK(shown("a\tb") == "a b");
}

TEST_CASE("every byte that is no UTF-8 is a question mark, and what follows is as it is") {
  CHECK(shown("\xff.") == "?.");
  CHECK(shown("\x80") == "?");
  // Overlong, cut off, a surrogate, more than Unicode has.
  CHECK(shown("\xc0\xaf.") == "??.");
  CHECK(shown("\xe0\x80\xaf.") == "???.");
  CHECK(shown("\xe4\xb8") == "??");
  CHECK(shown("\xe4\xb8.") == "??.");
  CHECK(shown("\xed\xa0\x80.") == "???.");
  CHECK(shown("\xf4\x90\x80\x80.") == "????.");
  CHECK(shown("\xf5\x80\x80\x80.") == "????.");
}

TEST_CASE("what is too long is cut between two characters") {
  CHECK(ops::supervisor::printable_text("abcdef", 6) == "abcdef");
  CHECK(ops::supervisor::printable_text("abcdef", 5) == "abcde");
  CHECK(ops::supervisor::printable_text("abü", 3) == "ab");
  CHECK(ops::supervisor::printable_text("abü", 4) == "abü");
  CHECK(ops::supervisor::printable_text("a", 0).empty());
}
