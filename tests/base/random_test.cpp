#include "base/random.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "catch.hpp"

namespace ops::base {

TEST_CASE("random digits have the length that was asked for, odd or even") {
  for (const std::size_t length : {0U, 1U, 2U, 7U, 12U, 64U}) {
    const std::string digits = random_hex(length);
    CHECK(digits.size() == length);
    CHECK(digits.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

TEST_CASE("random digits do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_hex(24));
  CHECK(seen.size() == 1000);
}

TEST_CASE("more bytes than the kernel gives at once are all filled") {
  // A zero run of 16 bytes in random ones has a chance of 2^-105.
  std::vector<std::byte> bytes(std::size_t{8} << 20);
  fill_random(bytes);
  const auto run = std::search_n(bytes.begin(), bytes.end(), 16, std::byte{0});
  CHECK(run == bytes.end());
}

}  // namespace ops::base
