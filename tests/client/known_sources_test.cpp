#include "client/known_sources.hpp"

#include <filesystem>

#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::client::KnownSources;
using ops::release::Manifest;

namespace {

const Manifest some({{"a", 0644, 1, ops::base::sha256("a")}});

}  // namespace

TEST_CASE("what a release was made of is remembered, in a directory that is made for it") {
  const TemporaryDirectory place;
  const KnownSources known(place.file("cache/ops"));
  CHECK_FALSE(known.of("3f9a1c20b7e4"));
  known.remember("3f9a1c20b7e4", some);
  REQUIRE(known.of("3f9a1c20b7e4"));
  CHECK(known.of("3f9a1c20b7e4")->entries() == some.entries());
  CHECK_FALSE(known.of("8d02e5af6611"));
}

TEST_CASE("a memory that cannot be read or written is none") {
  const TemporaryDirectory place;
  const KnownSources known(place.path());
  place.write("3f9a1c20b7e4.json", "{broken");
  CHECK_FALSE(known.of("3f9a1c20b7e4"));
  CHECK_FALSE(known.of("../3f9a1c20b7e4"));
  for (const char* nowhere : {"", "/proc/nothing-here"}) {
    KnownSources(nowhere).remember("3f9a1c20b7e4", some);
    CHECK_FALSE(KnownSources(nowhere).of("3f9a1c20b7e4"));
  }
}

TEST_CASE("of very many releases the last ones are remembered") {
  const TemporaryDirectory place;
  const KnownSources known(place.path());
  for (int i = 0; i < 50; ++i) {
    const std::string release = "r" + std::to_string(i);
    known.remember(release, some);
    const auto long_ago =
        std::filesystem::file_time_type::clock::now() - std::chrono::hours(50 - i);
    std::filesystem::last_write_time(place.file(release + ".json"), long_ago);
  }
  known.remember("newest", some);
  CHECK(known.of("newest"));
  CHECK(known.of("r49"));
  CHECK_FALSE(known.of("r0"));
  using std::filesystem::directory_iterator;
  CHECK(std::distance(directory_iterator(place.path()), directory_iterator()) == 20);
}
