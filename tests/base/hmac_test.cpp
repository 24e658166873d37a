#include "base/hmac.hpp"

#include <string>

#include "base/bytes.hpp"

namespace ops::base {
namespace {

std::string hmac_hex(std::span<const std::byte> key, std::string_view message) {
  return to_hex(hmac_sha256(key, message));
}

}  // namespace

TEST_CASE("HMAC-SHA256 gives the test vectors of RFC 4231") {
  const auto repeated = [](int byte, std::size_t times) {
    return std::vector<std::byte>(times, static_cast<std::byte>(byte));
  };
  CHECK(hmac_hex(repeated(0x0b, 20), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac_hex(bytes_of("Jefe"), "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_hex(repeated(0xaa, 20), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hmac_hex(bytes_of_hex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
                 std::string(50, '\xcd')) ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  CHECK(hmac_hex(repeated(0xaa, 131), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac_hex(repeated(0xaa, 131),
                 "This is a test using a larger than block-size key and a larger than block-size "
                 "data. The key needs to be hashed before being used by the HMAC algorithm.") ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("HMAC takes an empty key and an empty message") {
  CHECK(hmac_hex({}, "") == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// RFC 5869 A.3: the one case with SHA-256 and an empty salt; the first block of its output.
TEST_CASE("HKDF-SHA256 gives the test vector of RFC 5869 that has an empty salt") {
  const std::vector<std::byte> secret(22, std::byte{0x0b});
  CHECK(to_hex(hkdf_sha256(secret, "")) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST_CASE("HKDF derives another key for every purpose and every secret") {
  const Digest one = hkdf_sha256(bytes_of("secret"), "sign-in");
  CHECK(one == hkdf_sha256(bytes_of("secret"), "sign-in"));
  CHECK(one != hkdf_sha256(bytes_of("secret"), "sign-in2"));
  CHECK(one != hkdf_sha256(bytes_of("secret2"), "sign-in"));
}

TEST_CASE("the comparison in constant time tells equal from unequal") {
  CHECK(equal_in_constant_time(bytes_of("abc"), bytes_of("abc")));
  CHECK(equal_in_constant_time({}, {}));
  CHECK_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abd")));
  CHECK_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("bbc")));
  CHECK_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abcd")));
  CHECK_FALSE(equal_in_constant_time(bytes_of("abc"), {}));
}

}  // namespace ops::base
