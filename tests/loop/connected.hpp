#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/unique_fd.hpp"
#include "catch.hpp"

namespace ops::loop {

/// Two ends of one connection over a unix socket, both non-blocking.
struct Connected {
  base::UniqueFd ours, theirs;

  Connected() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
};

/// A client's connection to the TCP address that `listening` is bound to; an IPv4 one.
inline base::UniqueFd connect_to(int listening) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  base::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(client);
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  return client;
}

/// What can be read at once from a non-blocking descriptor.
inline std::string read_now(int fd) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace ops::loop
