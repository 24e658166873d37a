#include "client/device_id.hpp"

#include <unistd.h>

#include <array>
#include <cctype>

#include "base/sha256.hpp"

namespace ops::client {

std::string device_id() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host.fill('\0');
  return device_id(host.data(), ::getuid());
}

std::string device_id(std::string_view host, unsigned user) {
  constexpr std::size_t longest_name = 55;
  constexpr std::size_t hash_digits = 8;
  std::string name(host.substr(0, longest_name));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '-';
  }
  if (name.empty()) name = "host";
  const std::string both = std::string(host) + '\0' + std::to_string(user);
  return name + "-" + base::to_hex(base::sha256(both)).substr(0, hash_digits);
}

}  // namespace ops::client
