#include "supervisor/readiness_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace ops::supervisor {
namespace {

constexpr std::chrono::milliseconds first_pause{5};
constexpr std::chrono::milliseconds longest_pause{100};
// A try that has not been answered by then is given up: the app may have started to listen
// meanwhile, or hang.
constexpr std::chrono::milliseconds patience{1000};
constexpr std::size_t status_line_size = std::string_view("HTTP/1.1 200").size();

base::UniqueFd start_connecting(const Readiness& readiness) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  auto* ipv4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* ipv6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, readiness.host.c_str(), &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(readiness.port);
    length = sizeof *ipv4;
  } else if (::inet_pton(AF_INET6, readiness.host.c_str(), &ipv6->sin6_addr) == 1) {
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(readiness.port);
    length = sizeof *ipv6;
  }
  base::UniqueFd fd(
      ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0 &&
      errno != EINPROGRESS) {
    fd.reset();
  }
  return fd;
}

std::string request_for(const Readiness& readiness) {
  const bool ipv6 = readiness.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + readiness.host + "]" : readiness.host;
  return "GET " + readiness.path + " HTTP/1.1\r\nHost: " + host + ":" +
         std::to_string(readiness.port) +
         "\r\nUser-Agent: server-runner\r\nConnection: close\r\n\r\n";
}

}  // namespace

bool is_good_answer(std::string_view status_line) {
  if (status_line.size() < status_line_size || !status_line.starts_with("HTTP/1.")) return false;
  const std::string_view status = status_line.substr(9, 3);
  return status_line[8] == ' ' && (status[0] == '2' || status[0] == '3');
}

ReadinessProbe::ReadinessProbe(loop::Loop& loop, const Readiness& readiness,
                               std::function<void()> on_ready)
    : loop_(loop),
      readiness_(readiness),
      on_ready_(std::move(on_ready)),
      pause_(first_pause),
      next_try_(loop, [this] { begin_try(); }) {
  // From the loop, not from in here: nobody can be told before this is there.
  next_try_.start(std::chrono::milliseconds{0});
}

void ReadinessProbe::begin_try() {
  stream_.reset();
  settled_.reset();
  connecting_ = start_connecting(readiness_);
  if (!connecting_) return try_later();
  next_try_.start(patience);
  settled_ =
      std::make_unique<loop::FdWatcher>(loop_, connecting_.get(), loop::FdWatcher::Until::writable,
                                        [this] { connection_is_settled(); });
}

void ReadinessProbe::connection_is_settled() {
  settled_.reset();
  int error = 0;
  socklen_t length = sizeof error;
  const bool asked = ::getsockopt(connecting_.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0;
  if (!asked || error != 0) {
    try_later();
  } else if (readiness_.sign == Readiness::Sign::tcp) {
    answered();
  } else {
    ask();
  }
}

void ReadinessProbe::try_later() {
  stream_.reset();
  settled_.reset();
  connecting_.reset();
  next_try_.start(pause_);
  pause_ = std::min(2 * pause_, longest_pause);
}

void ReadinessProbe::ask() {
  status_line_.clear();
  stream_ = std::make_unique<loop::Stream>(
      loop_, std::move(connecting_),
      loop::Stream::Events{.on_bytes = [this](std::string_view bytes) { take(bytes); },
                           .on_end = [this] { try_later(); },
                           .on_drained = {}});
  stream_->start_reading();
  stream_->write(request_for(readiness_));
}

void ReadinessProbe::take(std::string_view bytes) {
  if (status_line_.size() >= status_line_size) return;
  status_line_ += bytes.substr(0, status_line_size - status_line_.size());
  if (status_line_.size() < status_line_size) return;
  if (is_good_answer(status_line_)) {
    answered();
  } else {
    try_later();
  }
}

void ReadinessProbe::answered() {
  next_try_.stop();
  settled_.reset();
  connecting_.reset();
  stream_.reset();
  const auto tell = std::move(on_ready_);
  tell();
}

}  // namespace ops::supervisor
