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
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "base/os_error.hpp"

namespace ops::loop {
namespace {

using base::os_error;
using base::UniqueFd;

constexpr int socket_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr std::string_view unix_prefix = "unix:";
constexpr std::size_t longest_unix_path = sizeof(sockaddr_un::sun_path) - 1;

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

// Its first byte is zero, and its length is what ends it.
SocketAddress abstract_address(const std::string& name) {
  SocketAddress address = unix_address({});
  auto* unix_part = reinterpret_cast<sockaddr_un*>(&address.storage);
  std::memcpy(unix_part->sun_path + 1, name.data(), name.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
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

Error no_address(std::string_view why) {
  return Error{std::string(why) + "; write 0.0.0.0:8080, [::]:8080 or unix:/path"};
}

Result<std::string> unix_bound_address(const SocketAddress& address) {
  const auto* part = reinterpret_cast<const sockaddr_un*>(&address.storage);
  constexpr std::size_t before_path = offsetof(sockaddr_un, sun_path);
  if (address.length <= before_path) {
    return Error{"cannot tell what a socket is bound to: it has no address"};
  }
  const std::string_view path(part->sun_path, address.length - before_path);
  if (path.front() == '\0') {
    return std::string(unix_prefix) + "@" + std::string(path.substr(1));
  }
  return std::string(unix_prefix) + std::string(path.substr(0, path.find('\0')));
}

std::string ip_text(int family, const void* address, in_port_t port) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  ::inet_ntop(family, address, host.data(), host.size());
  const bool ipv6 = family == AF_INET6;
  return (ipv6 ? "[" : "") + std::string(host.data()) + (ipv6 ? "]:" : ":") +
         std::to_string(ntohs(port));
}

Result<std::string> text_of(const SocketAddress& address) {
  switch (address.storage.ss_family) {
    case AF_INET: {
      const auto* part = reinterpret_cast<const sockaddr_in*>(&address.storage);
      return ip_text(AF_INET, &part->sin_addr, part->sin_port);
    }
    case AF_INET6: {
      const auto* part = reinterpret_cast<const sockaddr_in6*>(&address.storage);
      return ip_text(AF_INET6, &part->sin6_addr, part->sin6_port);
    }
    case AF_UNIX:
      return unix_bound_address(address);
    default:
      return Error{"cannot tell what a socket is bound to: it is of no known family"};
  }
}

// What the person who chose the address can do about it.
std::string advice(int error, const std::string& unix_path) {
  if (error == EADDRINUSE && unix_path.empty()) {
    return "; another program listens there: `ss -ltnp` shows which";
  }
  if (error == EADDRINUSE) return "; another program listens there";
  if (error == EADDRNOTAVAIL) return "; this machine does not have that address";
  if (error == EACCES && unix_path.empty()) {
    return "; a port below 1024 takes root or CAP_NET_BIND_SERVICE";
  }
  return "";
}

Error cannot_listen(const std::string& text, const std::string& unix_path, int error = errno) {
  Error failed = os_error("cannot listen on " + text, error);
  failed.message += advice(error, unix_path);
  return failed;
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return no_address("it holds a zero byte");
  return text.starts_with(unix_prefix) ? parse_unix(text) : parse_ip(text);
}

Result<ListenAddress> ListenAddress::parse_unix(std::string_view text) {
  ListenAddress address;
  const std::string_view path = text.substr(unix_prefix.size());
  if (path.empty()) return no_address("there is no path");
  if (path.starts_with('@')) {
    address.abstract_name_ = path.substr(1);
    if (address.abstract_name_.empty()) return no_address("there is no name");
  } else {
    std::error_code failure;
    address.unix_path_ = std::filesystem::absolute(path, failure).string();
    if (failure) return no_address("there is no working directory that it could be in");
  }
  address.text_ = unix_prefix;
  address.text_ += address.unix_path_.empty() ? path : std::string_view(address.unix_path_);
  if (address.text_.size() - unix_prefix.size() > longest_unix_path) {
    return no_address(path.starts_with('/') || path.starts_with('@')
                          ? "the path is longer than 107 bytes"
                          : "the path from the root on is longer than 107 bytes");
  }
  return address;
}

Result<ListenAddress> ListenAddress::parse_ip(std::string_view text) {
  ListenAddress address;
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return no_address("there is no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  address.ipv6_ = host.starts_with('[') && host.ends_with(']');
  if (address.ipv6_) host = host.substr(1, host.size() - 2);
  address.host_ = host;
  std::array<std::byte, 16> parsed{};
  if (::inet_pton(address.ipv6_ ? AF_INET6 : AF_INET, address.host_.c_str(), parsed.data()) != 1) {
    return no_address("the host is not an IP address");
  }
  const auto [end, failure] = std::from_chars(port.begin(), port.end(), address.port_);
  if (failure != std::errc() || end != port.end()) {
    return no_address("the port is not a number from 0 to 65535");
  }
  address.text_ = ip_text(address.ipv6_ ? AF_INET6 : AF_INET, parsed.data(), htons(address.port_));
  return address;
}

Result<UniqueFd> ListenAddress::open() const {
  SocketAddress address = ip_address(host_, port_, ipv6_);
  if (!unix_path_.empty()) address = unix_address(unix_path_);
  if (!abstract_name_.empty()) address = abstract_address(abstract_name_);
  UniqueFd socket(::socket(address.storage.ss_family, socket_kind, 0));
  if (!socket) return cannot_listen(text_, unix_path_);
  const int on = 1;
  if (!host_.empty()) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ipv6_) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  int bound = ::bind(socket.get(), address.get(), address.length);
  if (bound != 0 && errno == EADDRINUSE && !unix_path_.empty()) {
    if (!is_stale_socket(address, unix_path_)) return cannot_listen(text_, unix_path_, EADDRINUSE);
    ::unlink(unix_path_.c_str());
    bound = ::bind(socket.get(), address.get(), address.length);
  }
  if (bound != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
    return cannot_listen(text_, unix_path_);
  }
  return socket;
}

Result<std::string> bound_address(int socket) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (::getsockname(socket, address.get(), &address.length) != 0) {
    return os_error("cannot tell what a socket is bound to");
  }
  return text_of(address);
}

}  // namespace ops::loop
