#pragma once

#include <string>
#include <string_view>

namespace ops::client {

/// The name by which a server knows this machine and user: the host's name and eight digits of a
/// hash of it and the user's number, "laptop-3f9a1c20". The same at every call; at most 64
/// characters of [A-Za-z0-9_-].
[[nodiscard]] std::string device_id();

/// The same for a given host and user.
[[nodiscard]] std::string device_id(std::string_view host, unsigned user);

}  // namespace ops::client
