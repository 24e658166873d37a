#pragma once

#include <string>
#include <string_view>

#include "ops/result.hpp"

namespace ops::client {

/// Reads what a person writes for a server ("http://127.0.0.1:8080", "https://hello.example/app/"):
/// scheme, host, perhaps a port and a path before every other. Refused: other schemes, a password
/// (it would stand in everybody's process list), a query, a fragment. Returns it without a slash
/// at the end.
[[nodiscard]] Result<std::string> parse_server_url(const std::string& text);

/// Whether the host of a URL is this machine's own loopback: 127.0.0.0/8, ::1 or "localhost".
[[nodiscard]] bool is_this_machine(const std::string& url);

}  // namespace ops::client
