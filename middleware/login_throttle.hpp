#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

namespace ops::middleware {

/// Slows down whoever guesses passwords: five failures in a row are free, then waits of 1 s that
/// double to 60 s. Never a lock: nobody can shut another one out for longer than that. A client is
/// a user name from an address. Times are monotonic. It remembers so many clients at most; the one
/// unheard of for longest is forgotten first.
class LoginThrottle {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LoginThrottle(std::size_t most_clients = 10'000) : most_clients_(most_clients) {}

  /// How long the client must still wait; zero: it may try.
  [[nodiscard]] std::chrono::milliseconds wait(const std::string& client, Time now) const;
  void failed(const std::string& client, Time now);
  void succeeded(const std::string& client);
  [[nodiscard]] std::size_t clients() const { return by_client_.size(); }

 private:
  struct Failures {
    std::string client;
    unsigned count = 0;
    Time blocked_until = {};
  };
  std::size_t most_clients_;
  std::list<Failures> latest_first_;
  std::unordered_map<std::string, std::list<Failures>::iterator> by_client_;
};

}  // namespace ops::middleware
