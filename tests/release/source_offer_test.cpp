#include "release/source_offer.hpp"

#include <random>

#include "catch.hpp"

using namespace ops::release;

namespace {

ManifestEntry file(const std::string& path, const std::string& content, unsigned mode = 0644) {
  return {path, mode, content.size(), ops::base::sha256(content)};
}

Manifest random_sources(std::mt19937& random) {
  std::vector<ManifestEntry> files;
  for (const char* path : {"a", "b/c", "b/d", "e", "f/g/h"}) {
    if (random() % 3 == 0) continue;
    files.push_back(file(path, std::to_string(random() % 3), random() % 4 == 0 ? 0755 : 0644));
  }
  return Manifest(std::move(files));
}

}  // namespace

TEST_CASE("a difference, sent and read, makes of any sources any others") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const Manifest base = random_sources(random);
    const Manifest sources = random_sources(random);
    const auto offer = SourceOffer::from_json(difference("3f9a1c20b7e4", base, sources).to_json());
    REQUIRE(offer.ok());
    CHECK(offer->base == "3f9a1c20b7e4");
    const auto made = offered_sources(*offer, base);
    REQUIRE(made.ok());
    CHECK(made->entries() == sources.entries());
  }
}

TEST_CASE("a difference names what is new or changed in content or mode, and what is gone") {
  const Manifest base(
      {file("same", "1"), file("content", "1"), file("mode", "1"), file("gone", "1")});
  const Manifest sources(
      {file("same", "1"), file("content", "2"), file("mode", "1", 0755), file("new", "1")});
  const SourceOffer offer = difference("abc", base, sources);
  CHECK(offer.files ==
        std::vector{file("content", "2"), file("mode", "1", 0755), file("new", "1")});
  CHECK(offer.removed == std::vector<std::string>{"gone"});
  CHECK(offer.source == sources.content_hash());
}

TEST_CASE("an offer that would make other sources than it says is an error") {
  const Manifest base({file("a", "1")});
  SourceOffer offer = difference("abc", base, Manifest({file("a", "1"), file("b", "2")}));
  CHECK_FALSE(offered_sources(offer, Manifest({file("a", "other")})).ok());
  CHECK(offered_sources(offer, base).ok());
  offer.source.clear();
  CHECK(offered_sources(offer, Manifest({file("a", "other")})).ok());
}

TEST_CASE("an offer of everything needs no base and looks at none") {
  const Manifest all({file("a", "1"), file("b", "2")});
  const auto offer = SourceOffer::from_json(SourceOffer{.files = all.entries()}.to_json());
  REQUIRE(offer.ok());
  CHECK(offered_sources(*offer, Manifest({file("c", "3")}))->entries() == all.entries());
}
