#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string_view>

namespace ops::supervisor {

/// Where a notification goes, as the system calls take it.
struct NotifyAddress {
  sockaddr_un value;
  socklen_t length;

  [[nodiscard]] const sockaddr* native() const { return reinterpret_cast<const sockaddr*>(&value); }
};

/// Reads what NOTIFY_SOCKET holds: "/path" or "@abstract". None where it is anything else (systemd
/// knows of addresses between virtual machines, too) or too long.
[[nodiscard]] std::optional<NotifyAddress> notify_address(std::string_view text);

}  // namespace ops::supervisor
