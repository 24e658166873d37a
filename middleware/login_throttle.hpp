#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>

#include "middleware/token_bucket.hpp"

namespace ops::middleware {

/// Slows down whoever guesses passwords: five failures in a row are free, then waits of 1 s that
/// double to 60 s. Never a lock: nobody can shut another one out for longer than that. A client is
/// where an attempt comes from, whatever user it names. Times are monotonic. It remembers so many
/// clients at most; the one unheard of for longest is forgotten first.
///
/// All clients together fail 100 times, then ten times a second: many addresses are no way around
/// the waits. Who has signed in before does not stand in that queue.
class LoginThrottle {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr unsigned free_failures = 5;

  explicit LoginThrottle(std::size_t most_clients = 10'000) : most_clients_(most_clients) {}

  /// How long the client must still wait; zero: it may try.
  [[nodiscard]] std::chrono::milliseconds wait(const std::string& client, Time now);
  /// Answers how many in a row that makes.
  unsigned failed(const std::string& client, Time now);
  void succeeded(const std::string& client);
  [[nodiscard]] std::size_t clients() const { return by_client_.size(); }

 private:
  struct Failures {
    std::string client;
    unsigned count = 0;
    Time blocked_until = {};
  };
  [[nodiscard]] bool is_known(const std::string& client) const;

  std::size_t most_clients_;
  std::list<Failures> latest_first_;
  std::unordered_map<std::string, std::list<Failures>::iterator> by_client_;
  std::deque<std::string> known_;  // have signed in
  TokenBucket strangers_{100, std::chrono::milliseconds(100)};
};

}  // namespace ops::middleware
