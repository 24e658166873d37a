// OpenSSL's own sum rather than EVP's: it needs no provider to be loaded, allocates nothing, and
// lets server-runner link a few kilobytes of libcrypto rather than all of it. OpenSSL 3 marks it
// deprecated in favour of EVP, for programs that must be able to swap algorithms; this one is fixed
// by the contract.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.hpp"

#include <openssl/sha.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <vector>

#include "base/hex.hpp"
#include "base/os_error.hpp"
#include "base/stopped.hpp"

namespace ops::base {
namespace {

constexpr std::size_t read_size = std::size_t{128} * 1024;

SHA256_CTX* openssl(void* context) { return static_cast<SHA256_CTX*>(context); }

}  // namespace

Sha256::Sha256() : context_{} {
  static_assert(sizeof(SHA256_CTX) <= sizeof(Context) && alignof(SHA256_CTX) <= alignof(Context));
  ::SHA256_Init(::new (&context_) SHA256_CTX);
}

void Sha256::update(std::span<const std::byte> bytes) {
  ::SHA256_Update(openssl(&context_), bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

Digest Sha256::finish() {
  Digest digest{};
  ::SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), openssl(&context_));
  return digest;
}

Digest sha256(std::span<const std::byte> bytes) {
  Sha256 sum;
  sum.update(bytes);
  return sum.finish();
}

Digest sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

Result<Digest> sha256_of_file(int fd, const std::stop_token& stop) {
  Sha256 sum;
  std::vector<std::byte> buffer(read_size);
  for (;;) {
    if (stop.stop_requested()) return stopped();
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0) return sum.finish();
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error("cannot read a file to hash it");
    sum.update(std::span(buffer).first(static_cast<std::size_t>(got)));
  }
}

std::string to_hex(const Digest& digest) { return to_hex(std::span<const std::byte>(digest)); }

}  // namespace ops::base
