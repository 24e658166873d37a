#include "loop/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/os_error.hpp"

namespace ops::loop {
namespace {

using base::os_error;
using base::UniqueFd;

constexpr int socket_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr std::string_view unix_prefix = "unix:";

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress unix_address(const std::string& path) {
  SocketAddress address;
  auto* unix_part = reinterpret_cast<sockaddr_un*>(&address.storage);
  unix_part->sun_family = AF_UNIX;
  std::memcpy(unix_part->sun_path, path.data(), path.size());
  address.length = sizeof(sockaddr_un);
  return address;
}

SocketAddress ip_address(const std::string& host, unsigned short port, bool ipv6) {
  SocketAddress address;
  if (ipv6) {
    auto* part = reinterpret_cast<sockaddr_in6*>(&address.storage);
    part->sin6_family = AF_INET6;
    part->sin6_port = htons(port);
    ::inet_pton(AF_INET6, host.c_str(), &part->sin6_addr);
    address.length = sizeof(sockaddr_in6);
  } else {
    auto* part = reinterpret_cast<sockaddr_in*>(&address.storage);
    part->sin_family = AF_INET;
    part->sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &part->sin_addr);
    address.length = sizeof(sockaddr_in);
  }
  return address;
}

// A socket file is stale when connecting to it is refused: its process has gone without unlinking
// it.
bool is_stale_socket(const SocketAddress& address, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const UniqueFd probe(::socket(AF_UNIX, socket_kind, 0));
  return probe && ::connect(probe.get(), address.get(), address.length) != 0 &&
         errno == ECONNREFUSED;
}

Error address_error(std::string_view text, std::string_view why) {
  return Error{"cannot listen on \"" + std::string(text) + "\": " + std::string(why) +
               "; write 0.0.0.0:8080, [::]:8080 or unix:/path"};
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress address;
  address.text_ = text;
  if (text.find('\0') != std::string_view::npos) return address_error(text, "it holds a zero byte");
  if (text.starts_with(unix_prefix)) {
    address.unix_path_ = text.substr(unix_prefix.size());
    if (!address.unix_path_.starts_with('/'))
      return address_error(text, "the path is not absolute");
    if (address.unix_path_.size() >= sizeof(sockaddr_un::sun_path)) {
      return address_error(text, "the path is longer than 107 bytes");
    }
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return address_error(text, "there is no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  address.ipv6_ = host.starts_with('[') && host.ends_with(']');
  if (address.ipv6_) host = host.substr(1, host.size() - 2);
  address.host_ = host;
  std::array<std::byte, 16> parsed{};
  if (::inet_pton(address.ipv6_ ? AF_INET6 : AF_INET, address.host_.c_str(), parsed.data()) != 1) {
    return address_error(text, "the host is not an IP address");
  }
  const auto [end, failure] = std::from_chars(port.begin(), port.end(), address.port_);
  if (failure != std::errc() || end != port.end()) {
    return address_error(text, "the port is not a number from 0 to 65535");
  }
  return address;
}

Result<UniqueFd> ListenAddress::open() const {
  const bool is_unix = !unix_path_.empty();
  const SocketAddress address =
      is_unix ? unix_address(unix_path_) : ip_address(host_, port_, ipv6_);
  const std::string action = "cannot listen on " + text_;
  UniqueFd socket(::socket(address.storage.ss_family, socket_kind, 0));
  if (!socket) return os_error(action);
  const int on = 1;
  if (!is_unix) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ipv6_) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  int bound = ::bind(socket.get(), address.get(), address.length);
  if (bound != 0 && errno == EADDRINUSE && is_unix) {
    if (!is_stale_socket(address, unix_path_)) return os_error(action, EADDRINUSE);
    ::unlink(unix_path_.c_str());
    bound = ::bind(socket.get(), address.get(), address.length);
  }
  if (bound != 0 || ::listen(socket.get(), SOMAXCONN) != 0) return os_error(action);
  return socket;
}

Result<std::string> bound_address(int socket) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (::getsockname(socket, address.get(), &address.length) != 0) {
    return os_error("cannot tell what a socket is bound to");
  }
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (address.storage.ss_family == AF_INET) {
    const auto* part = reinterpret_cast<const sockaddr_in*>(&address.storage);
    ::inet_ntop(AF_INET, &part->sin_addr, host.data(), host.size());
    return std::string(host.data()) + ":" + std::to_string(ntohs(part->sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    const auto* part = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    ::inet_ntop(AF_INET6, &part->sin6_addr, host.data(), host.size());
    return std::string("[") + host.data() + "]:" + std::to_string(ntohs(part->sin6_port));
  }
  const auto* part = reinterpret_cast<const sockaddr_un*>(&address.storage);
  return std::string(unix_prefix) + part->sun_path;
}

}  // namespace ops::loop
