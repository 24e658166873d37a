#include "archive/entry_name.hpp"

#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using namespace std::string_literals;
using ops::archive::judge_name;
using ops::archive::Rule;
using ops::archive::ScanLimits;

namespace {

std::string judged(const std::string& name) {
  const auto refusal = judge_name(name, ScanLimits{});
  return refusal ? code(refusal->rule) : "accepted";
}

}  // namespace

TEST_CASE("ordinary names are taken as they are") {
  const auto name = GENERATE(as<std::string>{}, "a", "src/main.cpp", ".gitignore", "a..b/..c/d..",
                             "K\xc3\xa4se", "with space", "~", "-rf", "$HOME", "%2e%2e", "CON",
                             "aux.txt", "trailing.", "trailing ", "\xef\xbc\x8e\xef\xbc\x8e/x");
  CHECK(judged(name) == "accepted");
}

TEST_CASE("a name that leaves its directory or means different places is refused") {
  const auto name =
      GENERATE(as<std::string>{}, "", "/etc/passwd", "//x", "..", ".", "../x", "a/..", "a/../b",
               "a/./b", "a//b", "a/", "\\x", "a\\..\\b", "C:x", "C:/x", "file:stream");
  CHECK(judged(name) == "bad-name");
}

TEST_CASE("control characters and bytes that are not UTF-8 are refused in a name") {
  const auto name = GENERATE(as<std::string>{}, "a\0b"s, "\0"s, "a\rb", "a\nb", "\x1b[2J", "\x7f",
                             "\xc2\x9b", "\xc0\xae\xc0\xae/x", "\xed\xa0\x80", "caf\xe9");
  CHECK(judged(name) == "bad-name");
}

TEST_CASE("the last length and depth under each limit are accepted, one over is refused") {
  const std::string longest_part(255, 'p');
  CHECK(judged(longest_part) == "accepted");
  CHECK(judged(longest_part + "p") == "name-too-long");

  std::string longest = longest_part + "/" + longest_part + "/" + longest_part + "/" + longest_part;
  CHECK(longest.size() == 1023);
  CHECK(judged(longest.substr(2) + "/n") == "accepted");
  CHECK(judged(longest.substr(1) + "/nn") == "name-too-long");

  std::string deepest = "d";
  for (int level = 1; level < 32; ++level) deepest += "/d";
  CHECK(judged(deepest) == "accepted");
  CHECK(judged(deepest + "/d") == "too-deep");
}

TEST_CASE("a refused name is printable in the refusal") {
  const auto refusal = judge_name("a\x1b]0;owned\x07", ScanLimits{});
  REQUIRE(refusal.has_value());
  CHECK(refusal->entry == "a\\x1b]0;owned\\x07");
  CHECK(refusal->message ==
        "cannot take the entry \"a\\x1b]0;owned\\x07\": its name has a control character "
        "(bad-name)");
}

TEST_CASE("an archive with such a name is refused, whatever its header claims") {
  CHECK(forged::verdict(forged::stored("../../etc/pwn", "x")) == "bad-name");
  CHECK(forged::verdict(forged::stored("package.json\0/../../pwn"s, "x")) == "bad-name");
  auto marked_as_utf8 = forged::stored("caf\xe9", "x");
  marked_as_utf8.local.flags = marked_as_utf8.central.flags = 0x0800;
  CHECK(forged::verdict(marked_as_utf8) == "bad-name");
  CHECK(forged::verdict(forged::directory("..")) == "bad-name");
  CHECK(forged::verdict(forged::stored("/", "")) == "bad-name");
}
