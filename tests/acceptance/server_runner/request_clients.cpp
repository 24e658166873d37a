#include "request_clients.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/unique_fd.hpp"

namespace {

constexpr std::chrono::seconds patience{30};

// Whether the one on that port answers with a line and nothing else.
bool is_answered(std::uint16_t port) {
  const ops::base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{patience.count(), 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return false;
  }
  std::string answer;
  std::array<char, 64> part{};
  ssize_t size = 0;
  while ((size = ::read(socket.get(), part.data(), part.size())) > 0) {
    answer.append(part.data(), static_cast<std::size_t>(size));
  }
  return size == 0 && answer.size() > 1 && answer.find('\n') == answer.size() - 1;
}

}  // namespace

void RequestClients::Outcome::add(const Outcome& other) {
  failed += other.failed;
  times.insert(times.end(), other.times.begin(), other.times.end());
}

double RequestClients::Outcome::milliseconds_at(double share) {
  if (times.empty()) return 0;
  const auto at = static_cast<std::size_t>(static_cast<double>(times.size() - 1) * share);
  const auto found = times.begin() + static_cast<std::ptrdiff_t>(at);
  std::ranges::nth_element(times, found);
  return std::chrono::duration<double, std::milli>(*found).count();
}

RequestClients::RequestClients(std::uint16_t port, int clients) : port_(port) {
  for (int i = 0; i < clients; ++i) clients_.emplace_back([this] { ask_again_and_again(); });
}

RequestClients::~RequestClients() { join(); }

void RequestClients::ask_again_and_again() {
  for (;;) {
    const auto begin = std::chrono::steady_clock::now();
    const bool answered = is_answered(port_);
    const auto time = std::chrono::steady_clock::now() - begin;
    const std::lock_guard lock(mutex_);
    ++ended_;
    if (answered) {
      outcome_.times.push_back(time);
    } else {
      ++outcome_.failed;
    }
    one_has_ended_.notify_one();
    if (stops_) return;
  }
}

bool RequestClients::wait_for_more(long requests) {
  std::unique_lock lock(mutex_);
  const long wanted = ended_ + requests;
  return one_has_ended_.wait_for(lock, 2 * patience, [&] { return ended_ >= wanted; });
}

void RequestClients::join() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  for (std::thread& client : clients_) client.join();
  clients_.clear();
}

RequestClients::Outcome RequestClients::stop() {
  join();
  return std::move(outcome_);
}
