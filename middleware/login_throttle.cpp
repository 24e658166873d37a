#include "middleware/login_throttle.hpp"

#include <algorithm>

namespace ops::middleware {
namespace {

constexpr unsigned free_failures = 5;
constexpr unsigned doublings_to_cap = 6;
constexpr std::chrono::seconds longest_wait{60};

std::chrono::seconds wait_after(unsigned failures) {
  if (failures < free_failures) return std::chrono::seconds(0);
  const unsigned doublings = std::min(failures - free_failures, doublings_to_cap);
  return std::min(std::chrono::seconds(1U << doublings), longest_wait);
}

}  // namespace

std::chrono::milliseconds LoginThrottle::wait(const std::string& client, Time now) const {
  const auto found = by_client_.find(client);
  if (found == by_client_.end() || found->second->blocked_until <= now) return {};
  return std::chrono::ceil<std::chrono::milliseconds>(found->second->blocked_until - now);
}

void LoginThrottle::failed(const std::string& client, Time now) {
  const auto found = by_client_.find(client);
  if (found != by_client_.end()) {
    latest_first_.splice(latest_first_.begin(), latest_first_, found->second);
  } else {
    if (by_client_.size() == most_clients_) {
      by_client_.erase(latest_first_.back().client);
      latest_first_.pop_back();
    }
    latest_first_.push_front({client});
    by_client_[client] = latest_first_.begin();
  }
  Failures& failures = latest_first_.front();
  ++failures.count;
  failures.blocked_until = now + wait_after(failures.count);
}

void LoginThrottle::succeeded(const std::string& client) {
  const auto found = by_client_.find(client);
  if (found == by_client_.end()) return;
  latest_first_.erase(found->second);
  by_client_.erase(found);
}

}  // namespace ops::middleware
