#include "deploy/disk_space.hpp"

#include <limits>

#include "acceptance/deploy/small_disk.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "deploy/received_archive.hpp"

using namespace ops::deploy;

TEST_CASE("the last byte that fits is taken, the first one over it is refused") {
  CHECK(check_space({.free = 100, .left_free = 0}, 100).ok());
  CHECK_FALSE(check_space({.free = 100, .left_free = 0}, 101).ok());
  CHECK(check_space({.free = 100, .left_free = 40}, 60).ok());
  CHECK_FALSE(check_space({.free = 100, .left_free = 40}, 61).ok());
  CHECK(check_space({.free = 100, .left_free = 100}, 0).ok());
  CHECK_FALSE(check_space({.free = 100, .left_free = 101}, 0).ok());
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  CHECK_FALSE(check_space({.free = 100, .left_free = most}, most).ok());
  CHECK_FALSE(check_space({.free = 100, .left_free = 1}, most).ok());
}

TEST_CASE("what there is no room for is told with what is free and what is needed") {
  const auto refused = check_space({.free = 100, .left_free = 40}, 61);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::no_space);
  CHECK(refused.error().message ==
        "the disk has 100 bytes free, and this deploy needs 61, with 40 to be left: free some and "
        "send it again");
}

TEST_CASE("a descriptor of nothing has no space") { CHECK(space_of(-1, {}).free == 0); }

TEST_CASE("an upload is taken with the last byte of room that it is known to need, not with less") {
  const SmallDisk disk("1m");
  if (!disk.is_there()) {
    WARN("skipped: only root can mount a small disk");
    return;
  }
  const std::string staging = disk.file("");
  const std::size_t free = disk.free_bytes();
  const auto taken = [&staging](std::uint64_t left_free, std::optional<std::uint64_t> announced) {
    const auto opened = ReceivedArchive::open(staging, {.free_bytes = left_free}, announced);
    if (!opened) CHECK(opened.error().kind == RefusalKind::no_space);
    return opened.ok();
  };
  // Packed and unpacked.
  CHECK(taken(0, free / 2));
  CHECK_FALSE(taken(0, free / 2 + 1));
  CHECK(taken(free - 200, 100));
  CHECK_FALSE(taken(free - 199, 100));
  // Of a length that nobody knows.
  CHECK(taken(free, std::nullopt));
  CHECK_FALSE(taken(free + 1, std::nullopt));
}
