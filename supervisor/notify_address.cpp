#include "supervisor/notify_address.hpp"

#include <cstddef>
#include <cstring>

namespace ops::supervisor {

std::optional<NotifyAddress> notify_address(std::string_view text) {
  const bool is_abstract = text.starts_with('@');
  if ((!is_abstract && !text.starts_with('/')) || text.size() < 2) return std::nullopt;
  NotifyAddress address{};
  if (text.size() >= sizeof address.value.sun_path) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  address.value.sun_family = AF_UNIX;
  std::memcpy(address.value.sun_path, text.data(), text.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
  if (is_abstract) {
    address.value.sun_path[0] = '\0';
  } else {
    ++address.length;  // the end of the path
  }
  return address;
}

}  // namespace ops::supervisor
