#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/loop.hpp"

/// A client of the control socket, in the thread that serves it: waiting for an answer is running
/// the loop.
class ControlConnection {
 public:
  ControlConnection(ops::loop::Loop& loop, const std::string& path)
      : loop_(loop), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
  }

  /// False when the other side has closed. What does not fit is sent once the loop has made room.
  [[nodiscard]] bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent < 0) loop_.run_pending();
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void send_last_byte() { ::shutdown(socket_.get(), SHUT_WR); }

  /// The next line with its end, or what came before the connection ended.
  [[nodiscard]] std::string line() {
    while (unread_.find('\n') == std::string::npos && receive()) {
    }
    return take(unread_.find('\n'));
  }
  /// All that comes until the other side closes.
  [[nodiscard]] std::string until_end() {
    while (receive()) {
    }
    return take(std::string::npos);
  }
  [[nodiscard]] std::string ask(std::string_view request) {
    if (!send(request)) return "closed";
    return line();
  }
  /// Whether the other side has closed, as far as is known now.
  [[nodiscard]] bool ended() const {
    char byte = 0;
    const ssize_t got = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
  }

 private:
  [[nodiscard]] bool receive() {
    ops::loop::FdWatcher watcher(loop_, socket_.get(), [this] { loop_.stop(); });
    loop_.run();
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) unread_.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  }
  [[nodiscard]] std::string take(std::size_t end) {
    const std::size_t size = end == std::string::npos ? unread_.size() : end + 1;
    std::string taken = unread_.substr(0, size);
    unread_.erase(0, size);
    return taken;
  }

  ops::loop::Loop& loop_;
  ops::base::UniqueFd socket_;
  std::string unread_;
};
