#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

/// Several clients that connect to a port of this machine, wait for the answer (a line) and connect
/// again, without a pause, until they are told to stop.
class RequestClients {
 public:
  struct Outcome {
    long failed = 0;
    /// How long each that was answered took.
    std::vector<std::chrono::nanoseconds> times;

    void add(const Outcome& other);
    /// The time that this share of them did not exceed.
    [[nodiscard]] double milliseconds_at(double share);
  };

  RequestClients(std::uint16_t port, int clients);
  RequestClients(const RequestClients&) = delete;
  RequestClients& operator=(const RequestClients&) = delete;
  ~RequestClients();

  /// Waits until so many more requests have come to an end; false when that takes too long.
  [[nodiscard]] bool wait_for_more(long requests);
  /// Each client ends the request that it has begun.
  [[nodiscard]] Outcome stop();

 private:
  void ask_again_and_again();
  void join();

  const std::uint16_t port_;
  std::mutex mutex_;
  std::condition_variable one_has_ended_;
  bool stops_ = false;
  long ended_ = 0;
  Outcome outcome_;
  std::vector<std::thread> clients_;
};
