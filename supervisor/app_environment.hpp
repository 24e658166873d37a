#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ops::supervisor {

/// What the supervisor tells an instance of the app. Empty means that it does not apply.
struct AppFacts {
  std::string notify_socket = {};
  std::optional<int> restart_code = {};
  unsigned long restart_count = 0;
  std::size_t listeners = 0;
  std::string listener_names = {};
  std::chrono::milliseconds watchdog{0};
  bool overlaps = false;
  bool succeeds = false;  // another instance serves while this one starts
  std::string release = {};
  std::string releases = {};
};

/// `inherited` with these facts in it. What `inherited` says of the same things was meant for us
/// and is left out. LISTEN_PID is left for the child to fill in.
[[nodiscard]] std::vector<std::string> app_environment(const std::vector<std::string>& inherited,
                                                       const AppFacts& facts);

}  // namespace ops::supervisor
