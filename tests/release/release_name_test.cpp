#include "release/release_name.hpp"

#include <string>

#include "catch.hpp"

using ops::release::is_release_name;

TEST_CASE("a name from disk becomes a path only when it can be nothing else than a release") {
  for (const char* good : {"3f9a1c20b7e4", "image", "v1.2", "a", "2026-05-04_1"}) {
    INFO(good);
    CHECK(is_release_name(good));
  }
  for (const char* bad : {"", ".", "..", "../x", "a/b", "/etc", ".hidden", "a b", "a\nb", "ä"}) {
    INFO(bad);
    CHECK_FALSE(is_release_name(bad));
  }
  CHECK_FALSE(is_release_name(std::string_view("a\0b", 3)));
}

TEST_CASE("what has a meaning in the releases directory is no release's name") {
  for (const char* taken : {"current", "previous", "releases.log", "logs", "manifests", "auth.key",
                            "staging", "lock"}) {
    INFO(taken);
    CHECK_FALSE(is_release_name(taken));
  }
}

TEST_CASE("a release's name has at most 64 bytes") {
  CHECK(is_release_name(std::string(64, 'a')));
  CHECK_FALSE(is_release_name(std::string(65, 'a')));
}
