#include "client/ignore_rules.hpp"

#include "catch.hpp"

using ops::client::IgnoreRules;
using ops::client::PathKind;
using ops::client::Verdict;

namespace {

bool leaves_out(const char* rules, const char* path, PathKind kind = PathKind::file) {
  return IgnoreRules(rules).judge(path, kind) == Verdict::left_out;
}

}  // namespace

TEST_CASE("a rule without a slash is about that name at any depth") {
  CHECK(leaves_out("node_modules", "node_modules", PathKind::directory));
  CHECK(leaves_out("node_modules", "a/b/node_modules", PathKind::directory));
  CHECK(leaves_out("*.o", "a/b/c.o"));
}

TEST_CASE("a rule with a slash at its start or inside is about that path alone") {
  CHECK(leaves_out("/build", "build"));
  CHECK_FALSE(leaves_out("/build", "a/build"));
  CHECK(leaves_out("a/build", "a/build"));
  CHECK_FALSE(leaves_out("a/build", "x/a/build"));
}

TEST_CASE("a rule with a slash at its end is about directories") {
  CHECK(leaves_out("build/", "build", PathKind::directory));
  CHECK_FALSE(leaves_out("build/", "build", PathKind::file));
  CHECK(leaves_out("build/", "a/build", PathKind::directory));
}

TEST_CASE("the last rule that matches decides") {
  CHECK(IgnoreRules("*.log\n!keep.log\n").judge("keep.log", PathKind::file) == Verdict::kept);
  CHECK(leaves_out("!keep.log\n*.log\n", "keep.log"));
  CHECK_FALSE(IgnoreRules("*.log\n").judge("main.cpp", PathKind::file).has_value());
}

TEST_CASE("comments, empty lines and spaces at the end do not count") {
  CHECK(IgnoreRules("# a comment\n\n   \n").judge("# a comment", PathKind::file) == std::nullopt);
  CHECK(IgnoreRules("\n\n# only words\n").empty());
  CHECK(leaves_out("name   \n", "name"));
  CHECK(leaves_out("name\\ \n", "name "));
  CHECK(leaves_out("\\#name\n", "#name"));
  CHECK(leaves_out("\\!name\n", "!name"));
}

TEST_CASE("lines may end in CR LF, and the first may carry a byte order mark") {
  CHECK(leaves_out("\xef\xbb\xbf*.o\r\n*.a\r\n", "x.o"));
  CHECK(leaves_out("*.o\r\n*.a\r\n", "x.a"));
}
