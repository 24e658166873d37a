#include "supervisor/notification.hpp"

#include <array>
#include <cstdint>
#include <limits>

#include "supervisor/decimal.hpp"
#include "supervisor/printable_text.hpp"

namespace ops::supervisor {
namespace {

// A longer span means for ever or is a mistake, and whoever adds it to a time must not overflow.
constexpr std::int64_t longest_span = std::chrono::microseconds(std::chrono::years(100)).count();

struct Word {
  std::string_view line;
  bool Notification::*said;
};

constexpr std::array<Word, 6> words{{{"READY=1", &Notification::ready},
                                     {"RELOADING=1", &Notification::reloading},
                                     {"STOPPING=1", &Notification::stopping},
                                     {"RESTART=1", &Notification::restart},
                                     {"WATCHDOG=1", &Notification::watchdog},
                                     {"WATCHDOG=trigger", &Notification::watchdog_trigger}}};

template <typename T>
void take(std::optional<T>& kept, std::optional<std::int64_t> said) {
  if (said && !kept) kept = T(*said);
}

void read_value(std::string_view name, std::string_view value, Notification& told) {
  if (name == "STATUS") {
    if (!told.status) told.status = printable_text(value, longest_status);
  } else if (name == "EXTEND_TIMEOUT_USEC") {
    take(told.extend_timeout, decimal(value, 1, longest_span));
  } else if (name == "WATCHDOG_USEC") {
    take(told.watchdog_interval, decimal(value, 0, longest_span));
  } else if (name == "MAINPID") {
    take(told.main_pid, decimal(value, 1, std::numeric_limits<pid_t>::max()));
  }
}

void read_line(std::string_view line, Notification& told) {
  for (const Word& word : words) {
    if (line == word.line) {
      told.*word.said = true;
      return;
    }
  }
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return;
  read_value(line.substr(0, equals), line.substr(equals + 1), told);
}

}  // namespace

Notification parse_notification(std::string_view datagram) {
  Notification told;
  // Some send the end of their C string along.
  datagram = datagram.substr(0, datagram.find('\0'));
  while (!datagram.empty()) {
    const auto end = datagram.find('\n');
    read_line(datagram.substr(0, end), told);
    datagram.remove_prefix(end == std::string_view::npos ? datagram.size() : end + 1);
  }
  return told;
}

}  // namespace ops::supervisor
