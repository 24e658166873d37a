// Any bytes as a datagram on NOTIFY_SOCKET. Beyond what the sanitizers see: what is read is what
// the lines say one by one, every number can be used as it is, and a status can be shown as it is.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "supervisor/notification.hpp"
#include "supervisor/printable_text.hpp"

namespace {

using ops::supervisor::longest_status;
using ops::supervisor::Notification;
using ops::supervisor::parse_notification;
using ops::supervisor::printable_text;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_usable_numbers(const Notification& told) {
  using std::chrono::microseconds;
  constexpr microseconds longest = std::chrono::years(100);
  if (told.extend_timeout) {
    require(*told.extend_timeout > microseconds(0) && *told.extend_timeout <= longest);
  }
  if (told.watchdog_interval) {
    require(*told.watchdog_interval >= microseconds(0) && *told.watchdog_interval <= longest);
  }
  if (told.main_pid) require(*told.main_pid > 0);
}

void require_shown(const std::string& text) {
  require(text.size() <= longest_status);
  require(std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
  // Bytes that are no UTF-8 would be replaced the second time.
  require(printable_text(text, longest_status) == text);
}

Notification read_line_by_line(std::string_view datagram) {
  Notification all;
  std::istringstream lines{std::string(datagram.substr(0, datagram.find('\0')))};
  for (std::string line; std::getline(lines, line);) {
    const Notification told = parse_notification(line);
    all.ready |= line == "READY=1";
    all.reloading |= line == "RELOADING=1";
    all.stopping |= line == "STOPPING=1";
    all.restart |= line == "RESTART=1";
    all.watchdog |= line == "WATCHDOG=1";
    all.watchdog_trigger |= line == "WATCHDOG=trigger";
    if (!all.extend_timeout) all.extend_timeout = told.extend_timeout;
    if (!all.watchdog_interval) all.watchdog_interval = told.watchdog_interval;
    if (!all.main_pid) all.main_pid = told.main_pid;
    if (!all.status) all.status = told.status;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view datagram(reinterpret_cast<const char*>(data), size);
  const Notification told = parse_notification(datagram);
  require(told == read_line_by_line(datagram));
  require_usable_numbers(told);
  if (told.status) require_shown(*told.status);
  require_shown(printable_text(datagram, longest_status));
  return 0;
}
