#include "client/glob.hpp"

#include <string>

#include "catch.hpp"

using ops::client::Glob;

namespace {

bool matches(const std::string& pattern, const std::string& path) {
  return Glob(pattern).matches(path);
}

}  // namespace

TEST_CASE("a pattern without wildcards matches itself alone") {
  CHECK(matches("build", "build"));
  CHECK_FALSE(matches("build", "builds"));
  CHECK_FALSE(matches("build", "buil"));
  CHECK(matches("a\\*b", "a*b"));
  CHECK_FALSE(matches("a\\*b", "axb"));
}

TEST_CASE("a star and a question mark stay inside one part of a path") {
  CHECK(matches("*.o", "a.o"));
  CHECK(matches("*.o", ".o"));
  CHECK_FALSE(matches("*.o", "dir/a.o"));
  CHECK(matches("a?c", "abc"));
  CHECK_FALSE(matches("a?c", "a/c"));
  CHECK_FALSE(matches("a?c", "ac"));
  CHECK(matches("a*b*c", "axxbyyc"));
}

TEST_CASE("two stars as a whole part stand for any number of parts") {
  CHECK(matches("**/foo", "foo"));
  CHECK(matches("**/foo", "a/b/foo"));
  CHECK_FALSE(matches("**/foo", "a/bfoo"));
  CHECK(matches("a/**/b", "a/b"));
  CHECK(matches("a/**/b", "a/x/y/b"));
  CHECK_FALSE(matches("a/**/b", "a/xb"));
  CHECK(matches("a/**", "a/x/y"));
  CHECK_FALSE(matches("a/**", "a"));
  CHECK(matches("**", "a/b"));
}

TEST_CASE("two stars inside a part are one star") {
  CHECK(matches("a**b", "axb"));
  CHECK_FALSE(matches("a**b", "a/b"));
  CHECK_FALSE(matches("a/**b", "a/x/b"));
}

TEST_CASE("a set matches one of its bytes") {
  CHECK(matches("[abc]", "b"));
  CHECK_FALSE(matches("[abc]", "d"));
  CHECK(matches("[a-f]", "e"));
  CHECK(matches("[!a-f]", "g"));
  CHECK(matches("[^a-f]", "g"));
  CHECK_FALSE(matches("[!a]", "a"));
  CHECK(matches("[]x]", "]"));
  CHECK(matches("[a-]", "-"));
  CHECK(matches("[\\]]", "]"));
  CHECK(matches("[[:digit:]x]", "7"));
  CHECK_FALSE(matches("[[:digit:]]", "x"));
  CHECK_FALSE(matches("a[!x]b", "a/b"));
}

TEST_CASE("a malformed pattern matches nothing") {
  CHECK_FALSE(matches("[abc", "a"));
  CHECK_FALSE(matches("[abc", "[abc"));
  CHECK_FALSE(matches("foo\\", "foo"));
  CHECK_FALSE(matches("foo\\", "foo\\"));
  CHECK_FALSE(matches("[[:colour:]]", "a"));
}

TEST_CASE("a hostile pattern takes no longer than pattern times path") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK_FALSE(matches(pattern + "b", std::string(400, 'a')));
}
