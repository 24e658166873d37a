#include "base/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

namespace ops::base {

Digest hmac_sha256(std::span<const std::byte> key, std::string_view message) {
  Digest digest{};
  unsigned int length = 0;
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(),
         reinterpret_cast<unsigned char*>(digest.data()), &length);
  return digest;
}

Digest hkdf_sha256(std::span<const std::byte> secret, std::string_view info) {
  const Digest no_salt{};
  const std::string_view input(reinterpret_cast<const char*>(secret.data()), secret.size());
  const Digest extracted = hmac_sha256(no_salt, input);
  return hmac_sha256(extracted, std::string(info) + '\x01');
}

bool equal_in_constant_time(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace ops::base
