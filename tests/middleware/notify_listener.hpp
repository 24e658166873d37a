#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/unique_fd.hpp"
#include "catch.hpp"

/// A supervisor's side of NOTIFY_SOCKET: a path, or a name that begins with '@'.
class NotifyListener {
 public:
  explicit NotifyListener(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  }

  [[nodiscard]] int descriptor() const { return fd_.get(); }

  /// The next message; empty where none has come.
  [[nodiscard]] std::string take() const {
    std::array<char, 256> buffer{};
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return got < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

 private:
  ops::base::UniqueFd fd_;
};
