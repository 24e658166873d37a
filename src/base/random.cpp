#include "base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/hex.hpp"

namespace ops::base {

void fill_random(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      std::perror("cannot get random bytes from the kernel");
      std::abort();
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_hex(std::size_t length) {
  std::vector<std::byte> bytes((length + 1) / 2);
  fill_random(bytes);
  return to_hex(bytes).substr(0, length);
}

}  // namespace ops::base
