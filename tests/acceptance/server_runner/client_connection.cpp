#include "client_connection.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "catch.hpp"

ops::base::UniqueFd connect_at(const std::string& path) {
  ops::base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{30, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0);
  return socket;
}

std::string ask_at(const std::string& path, const std::string& question) {
  const ops::base::UniqueFd socket = connect_at(path);
  REQUIRE(::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(question.size()));
  std::string answer;
  std::array<char, 4096> part{};
  while (question.empty() || !answer.ends_with('\n')) {
    const ssize_t size = ::read(socket.get(), part.data(), part.size());
    REQUIRE(size >= 0);
    if (size == 0) break;
    answer.append(part.data(), static_cast<std::size_t>(size));
  }
  return answer;
}
