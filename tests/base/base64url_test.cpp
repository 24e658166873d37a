#include "base/base64url.hpp"

#include "base/bytes.hpp"

namespace ops::base {

// RFC 4648 section 10, without its padding, and the two digits that differ from plain base64.
TEST_CASE("base64url writes the test vectors of RFC 4648") {
  CHECK(to_base64url(bytes_of("")).empty());
  CHECK(to_base64url(bytes_of("f")) == "Zg");
  CHECK(to_base64url(bytes_of("fo")) == "Zm8");
  CHECK(to_base64url(bytes_of("foo")) == "Zm9v");
  CHECK(to_base64url(bytes_of("foob")) == "Zm9vYg");
  CHECK(to_base64url(bytes_of("fooba")) == "Zm9vYmE");
  CHECK(to_base64url(bytes_of("foobar")) == "Zm9vYmFy");
  CHECK(to_base64url(bytes_of_hex("fbefff")) == "--__");
}

TEST_CASE("base64url reads every byte back, at every length") {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 256; ++i) {
    const auto read = from_base64url(to_base64url(bytes));
    REQUIRE(read.has_value());
    CHECK(*read == bytes);
    bytes.push_back(static_cast<std::byte>(i));
  }
}

TEST_CASE("base64url refuses every other spelling of a value") {
  CHECK_FALSE(from_base64url("Zg=="));    // padding
  CHECK_FALSE(from_base64url("Zm9v\n"));  // white space
  CHECK_FALSE(from_base64url("++//"));    // the other alphabet
  CHECK_FALSE(from_base64url("Zh"));      // unused bits that are not zero
  CHECK_FALSE(from_base64url("Zm9"));     // the same, of a two-byte group
  CHECK_FALSE(from_base64url("Z"));       // no length of any value
  CHECK_FALSE(from_base64url("Zm9vZ"));   // the same, after a whole group
  CHECK_FALSE(from_base64url("Zm\xc3\xb6"));
}

}  // namespace ops::base
