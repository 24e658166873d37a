#pragma once

#include <string>
#include <string_view>

namespace ops::middleware {

/// What counts as one client where attempts are counted: an IPv4 address, and of an IPv6 address
/// the first 64 bits, because whoever has one address there has all of that network's. Anything
/// else ("unix") is its own.
[[nodiscard]] std::string client_network(std::string_view peer);

}  // namespace ops::middleware
