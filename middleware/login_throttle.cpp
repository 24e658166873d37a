#include "middleware/login_throttle.hpp"

#include <algorithm>

namespace ops::middleware {
namespace {

constexpr unsigned doublings_to_cap = 6;
constexpr std::chrono::seconds longest_wait{60};
constexpr std::size_t most_known = 64;

std::chrono::seconds wait_after(unsigned failures) {
  if (failures < LoginThrottle::free_failures) return std::chrono::seconds(0);
  const unsigned doublings = std::min(failures - LoginThrottle::free_failures, doublings_to_cap);
  return std::min(std::chrono::seconds(1U << doublings), longest_wait);
}

}  // namespace

std::chrono::milliseconds LoginThrottle::wait(const std::string& client, Time now) {
  const auto found = by_client_.find(client);
  if (found != by_client_.end() && found->second->blocked_until > now) {
    return std::chrono::ceil<std::chrono::milliseconds>(found->second->blocked_until - now);
  }
  return is_known(client) ? std::chrono::milliseconds(0) : strangers_.wait(now);
}

unsigned LoginThrottle::failed(const std::string& client, Time now) {
  if (!is_known(client)) strangers_.take(now);
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
  return failures.count;
}

void LoginThrottle::succeeded(const std::string& client) {
  if (!is_known(client)) {
    if (known_.size() == most_known) known_.pop_front();
    known_.push_back(client);
  }
  const auto found = by_client_.find(client);
  if (found == by_client_.end()) return;
  latest_first_.erase(found->second);
  by_client_.erase(found);
}

bool LoginThrottle::is_known(const std::string& client) const {
  return std::ranges::find(known_, client) != known_.end();
}

}  // namespace ops::middleware
