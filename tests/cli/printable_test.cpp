#include "cli/printable.hpp"

#include "catch.hpp"

using ops::cli::Lines;
using ops::cli::printable;

TEST_CASE("text from elsewhere cannot move the cursor, set a title or forge a line") {
  CHECK(printable("\x1b[2J\x1b[31mred\x1b[0m") == "red");
  CHECK(printable("\x1b]0;title\ax") == "x");
  CHECK(printable("a\rb\bc\x7f") == "a?b?c?");
  CHECK(printable("a\nb") == "a?b");
  CHECK(printable("a\nb", Lines::many) == "a\nb");
  CHECK(printable("a\tb \xc3\xa9 \xf0\x9f\x8e\x89") == "a\tb \xc3\xa9 \xf0\x9f\x8e\x89");
  CHECK(printable("end\x1b") == "end");
  CHECK(printable("end\x1b[12") == "end");
}

TEST_CASE("the controls that are one character instead of ESC and a letter do nothing either") {
  CHECK(printable("\xc2\x9b"
                  "31mred\xc2\x9b"
                  "0m") == "red");
  CHECK(printable("\xc2\x9d"
                  "0;title\xc2\x9cx") == "x");
  CHECK(printable("next\xc2\x85line\xc2\x80") == "next?line?");
}

TEST_CASE("bytes that are no UTF-8 are shown as what they are not") {
  CHECK(printable("a\x9b"
                  "31mb\xff\xc3") == "a?31mb??");
}

TEST_CASE("a string of the terminal's ends where it ends, and the text after it is kept") {
  CHECK(printable("\x1b]0;title\x1b\\after") == "after");
  CHECK(printable("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ after") == "link after");
  CHECK(printable("\x1bPdevice\x1b\\after") == "after");
  CHECK(printable("\x1b_program\x1b\\\x1b^private\x1b\\\x1bXstart\x1b\\after") == "after");
  CHECK(printable("\x1b]0;given up\x18"
                  "after") == "after");
}

TEST_CASE("a sequence that is not finished takes no other line with it") {
  CHECK(printable("\x1b]0;title\nnext", Lines::many) == "\nnext");
  CHECK(printable("\x1b[12\nnext", Lines::many) == "\nnext");
  CHECK(printable("\x1b\nnext", Lines::many) == "\nnext");
}

TEST_CASE("a change of the character set is dropped whole") {
  CHECK(printable("\x1b(Bplain\x1b)0 \x1b=\x1b"
                  "7x") == "plain x");
}

TEST_CASE("marks that turn the direction of text do not") {
  CHECK(printable("a\xe2\x80\xae"
                  "b\xe2\x81\xa6"
                  "c\xe2\x80\xa8") == "a?b?c?");
}
