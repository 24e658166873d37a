#include "archive/refusal.hpp"

#include <set>
#include <string>

#include "catch.hpp"

using ops::archive::code;
using ops::archive::refuse;
using ops::archive::Rule;

TEST_CASE("every rule has a code of its own") {
  std::set<std::string> codes;
  const int last = static_cast<int>(Rule::empty);
  for (int rule = 0; rule <= last; ++rule) codes.insert(code(static_cast<Rule>(rule)));
  CHECK(codes.size() == static_cast<std::size_t>(last) + 1);
  CHECK(codes.count("unknown") == 0);
}

TEST_CASE("a refusal of the whole archive names no entry") {
  const auto refusal = refuse(Rule::empty, {}, "it holds no file");
  CHECK(refusal.entry.empty());
  CHECK(refusal.message == "cannot take the archive: it holds no file (empty)");
}
