#include "client/secret.hpp"

#include <string.h>

#include <algorithm>
#include <utility>

namespace ops::client {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  bytes_ = std::move(other.bytes_);
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::append(std::string_view text) {
  if (bytes_.capacity() < bytes_.size() + text.size()) {
    std::vector<char> larger;
    larger.reserve(std::max<std::size_t>(2 * (bytes_.size() + text.size()), 256));
    larger.assign(bytes_.begin(), bytes_.end());
    wipe();
    bytes_ = std::move(larger);
  }
  bytes_.insert(bytes_.end(), text.begin(), text.end());
}

void Secret::wipe() {
  if (!bytes_.empty()) ::explicit_bzero(bytes_.data(), bytes_.size());
}

}  // namespace ops::client
