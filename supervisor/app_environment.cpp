#include "supervisor/app_environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ops::supervisor {
namespace {

constexpr std::array<std::string_view, 13> ours{
    "NOTIFY_SOCKET", "OPS_RESTART_CODE", "OPS_RESTART_COUNT", "OPS_OVERLAP",    "OPS_SUCCESSOR",
    "LISTEN_FDS",    "LISTEN_PID",       "LISTEN_FDNAMES",    "LISTEN_PIDFDID", "WATCHDOG_USEC",
    "WATCHDOG_PID",  "OPS_RELEASE",      "OPS_RELEASES"};

bool is_ours(std::string_view entry) {
  const std::string_view name = entry.substr(0, entry.find('='));
  return std::ranges::find(ours, name) != ours.end();
}

}  // namespace

std::vector<std::string> app_environment(const std::vector<std::string>& inherited,
                                         const AppFacts& facts) {
  std::vector<std::string> environment;
  environment.reserve(inherited.size() + ours.size());
  for (const std::string& entry : inherited) {
    if (!is_ours(entry)) environment.push_back(entry);
  }
  const auto add = [&environment](std::string_view name, const std::string& value) {
    if (!value.empty()) environment.push_back(std::string(name) + "=" + value);
  };
  add("NOTIFY_SOCKET", facts.notify_socket);
  if (facts.restart_code) add("OPS_RESTART_CODE", std::to_string(*facts.restart_code));
  add("OPS_RESTART_COUNT", std::to_string(facts.restart_count));
  if (facts.listeners > 0) {
    add("LISTEN_FDS", std::to_string(facts.listeners));
    add("LISTEN_FDNAMES", facts.listener_names);
    environment.emplace_back("LISTEN_PID=");
  }
  if (facts.watchdog.count() > 0) {
    add("WATCHDOG_USEC", std::to_string(std::chrono::microseconds(facts.watchdog).count()));
  }
  if (facts.overlaps) add("OPS_OVERLAP", "1");
  if (facts.succeeds) add("OPS_SUCCESSOR", "1");
  add("OPS_RELEASE", facts.release);
  add("OPS_RELEASES", facts.releases);
  return environment;
}

}  // namespace ops::supervisor
