#include "http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds longest_exchange{30};
constexpr std::string_view head_end = "\r\n\r\n";

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Reads the chunks at the beginning of `wire` into `body`; how many bytes they take, nothing while
/// the last one is missing.
std::optional<std::size_t> join_chunks(std::string_view wire, std::string& body) {
  body.clear();
  for (std::size_t at = 0;;) {
    std::size_t size = 0;
    const auto line = wire.find("\r\n", at);
    if (line == std::string_view::npos) return std::nullopt;
    std::from_chars(wire.data() + at, wire.data() + line, size, 16);
    if (line + 2 + size + 2 > wire.size()) return std::nullopt;
    body.append(wire.substr(line + 2, size));
    at = line + 2 + size + 2;
    if (size == 0) return at;
  }
}

HttpAnswer parse_head(const std::string& bytes) {
  HttpAnswer answer;
  answer.status = std::stoi(bytes.substr(9, 3));
  const auto end = bytes.find(head_end);
  std::size_t at = bytes.find("\r\n") + 2;
  while (at < end) {
    const auto line_end = bytes.find("\r\n", at);
    const auto colon = bytes.find(':', at);
    const auto value = bytes.find_first_not_of(' ', colon + 1);
    answer.headers[lower(bytes.substr(at, colon - at))] = bytes.substr(value, line_end - value);
    at = line_end + 2;
  }
  return answer;
}

}  // namespace

HttpConnection::HttpConnection(int port) : deadline_(Clock::now() + longest_exchange) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = longest_exchange.count(), .tv_usec = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd_.reset();
  }
}

bool HttpConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

template <typename Enough>
bool HttpConnection::read_until(const Enough& enough) {
  std::array<char, 16384> buffer;
  while (!enough()) {
    if (Clock::now() >= deadline_) return false;
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    read_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return true;
}

std::optional<HttpAnswer> HttpConnection::read_answer() {
  deadline_ = Clock::now() + longest_exchange;
  const bool whole_head = read_until([this] { return read_.find(head_end) != std::string::npos; });
  if (!whole_head || !read_.starts_with("HTTP/1.1 ")) return std::nullopt;
  HttpAnswer answer = parse_head(read_);
  read_.erase(0, read_.find(head_end) + head_end.size());
  if (answer.status == 100) return read_answer();
  std::size_t taken = 0;
  if (answer.headers.contains("transfer-encoding")) {
    const bool whole = read_until([this, &answer, &taken] {
      const auto chunks = join_chunks(read_, answer.body);
      taken = chunks.value_or(0);
      return chunks.has_value();
    });
    if (!whole) return std::nullopt;
  } else if (answer.headers.contains("content-length")) {
    taken = std::stoul(answer.headers["content-length"]);
    if (!read_until([this, taken] { return read_.size() >= taken; })) return std::nullopt;
    answer.body = read_.substr(0, taken);
  }
  read_.erase(0, taken);
  return answer;
}

std::optional<HttpAnswer> HttpConnection::get(std::string_view target) {
  const std::string bytes = "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return send(bytes) ? read_answer() : std::nullopt;
}

std::optional<HttpAnswer> request(int port, std::string_view method, std::string_view target,
                                  std::string_view head, std::string_view body) {
  HttpConnection connection(port);
  std::string bytes(method);
  bytes.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  if (!body.empty()) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  bytes.append(head).append("\r\n").append(body);
  // An answer may have come although not all could be sent.
  static_cast<void>(connection.send(bytes));
  return connection.read_answer();
}
