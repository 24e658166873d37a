#include "http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/unique_fd.hpp"

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

std::string read_to_end(int fd) {
  std::string bytes;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string joined_chunks(std::string_view wire) {
  std::string body;
  for (;;) {
    std::size_t size = 0;
    const auto line = wire.find("\r\n");
    if (line == std::string_view::npos) return body;
    std::from_chars(wire.data(), wire.data() + line, size, 16);
    if (size == 0 || line + 2 + size > wire.size()) return body;
    body.append(wire.substr(line + 2, size));
    wire.remove_prefix(std::min(line + 2 + size + 2, wire.size()));
  }
}

std::optional<HttpAnswer> parse(const std::string& bytes) {
  const auto head_end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || head_end == std::string::npos) return std::nullopt;
  HttpAnswer answer;
  answer.status = std::stoi(bytes.substr(9, 3));
  std::size_t at = bytes.find("\r\n") + 2;
  while (at < head_end) {
    const auto end = bytes.find("\r\n", at);
    const auto colon = bytes.find(':', at);
    const auto value = bytes.find_first_not_of(' ', colon + 1);
    answer.headers[lower(bytes.substr(at, colon - at))] = bytes.substr(value, end - value);
    at = end + 2;
  }
  answer.body = bytes.substr(head_end + 4);
  if (answer.headers.contains("transfer-encoding")) {
    answer.body = joined_chunks(answer.body);
  } else if (answer.headers.contains("content-length") &&
             answer.body.size() != std::stoul(answer.headers["content-length"])) {
    return std::nullopt;
  }
  return answer;
}

}  // namespace

std::optional<HttpAnswer> request(int port, std::string_view method, std::string_view target,
                                  std::string_view head, std::string_view body) {
  const ops::base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::nullopt;
  }
  std::string bytes(method);
  bytes.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  if (!body.empty()) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  bytes.append(head).append("\r\n").append(body);
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t sent = ::send(fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return parse(read_to_end(fd.get()));
}

int free_port() {
  const ops::base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}
