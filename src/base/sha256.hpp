#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "ops/result.hpp"

namespace ops::base {

using Digest = std::array<std::byte, 32>;

/// SHA-256 over bytes as they come. Allocates nothing.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// Ends the sum; the object must not be used again.
  [[nodiscard]] Digest finish();

 private:
  // Room for OpenSSL's SHA256_CTX, whose header stays inside this room; the size is asserted there.
  struct alignas(8) Context {
    std::array<std::byte, 112> bytes;
  };
  Context context_;
};

[[nodiscard]] Digest sha256(std::span<const std::byte> bytes);
[[nodiscard]] Digest sha256(std::string_view text);

/// The sum of all that can be read from `fd`, from its current position to its end.
[[nodiscard]] Result<Digest> sha256_of_file(int fd, const std::stop_token& stop = {});

[[nodiscard]] std::string to_hex(const Digest& digest);

}  // namespace ops::base
