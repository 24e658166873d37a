#include "deploy/received_archive.hpp"

#include <filesystem>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

using namespace ops::deploy;

namespace {

ReceivedArchive opened(const TemporaryDirectory& place, std::uint64_t limit) {
  auto archive = ReceivedArchive::open(place.path(), {.received_bytes = limit}, std::nullopt);
  REQUIRE(archive.ok());
  return std::move(archive).value();
}

const std::string sum_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

TEST_CASE("the last byte under the limit is taken, the first one over it is refused") {
  TemporaryDirectory place;
  auto archive = opened(place, 10);
  CHECK(archive.write("12345").ok());
  CHECK(archive.write("67890").ok());
  const auto refused = archive.write("x");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::too_large);
  CHECK(refused.error().message == "the archive is larger than the 10 bytes allowed");
}

TEST_CASE("an announced length over the limit is refused before a byte comes") {
  TemporaryDirectory place;
  CHECK(ReceivedArchive::open(place.path(), {.received_bytes = 10}, 10).ok());
  const auto refused = ReceivedArchive::open(place.path(), {.received_bytes = 10}, 11);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::too_large);
}

TEST_CASE("an announced length that the disk has no room for is refused before a byte comes") {
  TemporaryDirectory place;
  const std::uint64_t exbibyte = std::uint64_t{1} << 60;
  const auto refused = ReceivedArchive::open(place.path(), {.received_bytes = exbibyte}, exbibyte);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::no_space);
}

TEST_CASE("the body lies in a file that has no name") {
  TemporaryDirectory place;
  auto archive = opened(place, 10);
  CHECK(archive.write("abc").ok());
  CHECK(std::filesystem::is_empty(place.path()));
}

TEST_CASE("the digest that was announced must be the body's") {
  TemporaryDirectory place;
  auto archive = opened(place, 10);
  REQUIRE(archive.write("a").ok());
  REQUIRE(archive.write("bc").ok());
  SECTION("not announced") { CHECK(archive.check("").ok()); }
  SECTION("right") { CHECK(archive.check(sum_of_abc).ok()); }
  SECTION("right, in upper case") {
    CHECK(archive.check("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD").ok());
  }
  SECTION("wrong") {
    const auto refused = archive.check(std::string(64, '0'));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == RefusalKind::wrong_digest);
    CHECK(refused.error().message.find(sum_of_abc) != std::string::npos);
  }
}

TEST_CASE("a staging directory that is not there is the machine's fault") {
  const auto refused = ReceivedArchive::open("/nowhere/staging", {}, std::nullopt);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::broken);
}
