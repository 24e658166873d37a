#include "cli/suggestion.hpp"

#include <array>
#include <string>

#include "catch.hpp"

using ops::cli::suggestion;

TEST_CASE("a word that is mistyped is recognised, any other is not") {
  const std::array<std::string_view, 4> known{"quick", "zip", "history", "rollback"};
  CHECK(suggestion("quik", known) == "quick");
  CHECK(suggestion("qiuck", known) == "quick");
  CHECK(suggestion("histroy", known) == "history");
  CHECK(suggestion("rolback", known) == "rollback");
  CHECK(suggestion("persist", known).empty());
  CHECK(suggestion("", known).empty());
  CHECK(suggestion(std::string(100'000, 'q'), known).empty());
}
