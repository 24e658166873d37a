#include "client/fake_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>
#include <optional>
#include <sstream>

namespace ops::tests {
namespace {

// False once the server ends.
bool wait_readable(int fd, int wake, int timeout_ms) {
  std::array<pollfd, 2> watched{{{fd, POLLIN, 0}, {wake, POLLIN, 0}}};
  ::poll(watched.data(), watched.size(), timeout_ms);
  return watched[1].revents == 0;
}

// The bytes of a request's head; nothing when the client went away.
std::optional<std::string> read_head(int connection, int wake) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char c = 0;
    if (!wait_readable(connection, wake, -1) || ::recv(connection, &c, 1, 0) != 1) return {};
    head += c;
  }
  return head;
}

FakeRequest parse_head(const std::string& head) {
  std::istringstream lines(head);
  FakeRequest request;
  lines >> request.method >> request.path;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line != "\r") {
    const auto colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers[name] = line.substr(colon + 2, line.size() - colon - 3);
  }
  return request;
}

}  // namespace

FakeExchange::FakeExchange(int connection, int wake, FakeRequest head,
                           std::function<void(const std::string&)> on_body)
    : connection_(connection),
      wake_(wake),
      request_(std::move(head)),
      on_body_(std::move(on_body)) {}

const std::string& FakeExchange::read_body(Leave leave) {
  const auto length = request_.headers.find("content-length");
  if (body_read_ || length == request_.headers.end()) return request_.body;
  body_read_ = true;
  if (leave == Leave::given && request_.headers.contains("expect"))
    send("HTTP/1.1 100 Continue\r\n\r\n");
  std::size_t left = std::stoul(length->second);
  std::array<char, 65536> buffer{};
  while (left > 0 && wait_readable(connection_, wake_, -1)) {
    const ssize_t got = ::recv(connection_, buffer.data(), std::min(left, buffer.size()), 0);
    if (got <= 0) break;
    request_.body.append(buffer.data(), static_cast<std::size_t>(got));
    left -= static_cast<std::size_t>(got);
  }
  on_body_(request_.body);
  return request_.body;
}

void FakeExchange::reply(int status, const std::string& body,
                         const std::map<std::string, std::string>& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  if (status != 204) head += "content-length: " + std::to_string(body.size()) + "\r\n";
  send(head + "connection: close\r\n\r\n" + body);
}

void FakeExchange::send(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t put = ::send(connection_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

void FakeExchange::begin_stream() {
  send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
}

void FakeExchange::hang() {
  std::array<char, 4096> buffer{};
  while (wait_readable(connection_, wake_, -1)) {
    if (::recv(connection_, buffer.data(), buffer.size(), 0) <= 0) return;
  }
}

void FakeExchange::reset() {
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  [[maybe_unused]] const int parted = ::connect(connection_, &nobody, sizeof nobody);
  assert(parted == 0);
}

FakeServer::FakeServer(Script script)
    : script_(std::move(script)), wake_(::eventfd(0, EFD_CLOEXEC)) {
  listen();
  thread_ = std::thread(&FakeServer::run, this);
}

FakeServer::~FakeServer() {
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

std::string FakeServer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<FakeRequest> FakeServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeServer::go_down() {
  const std::lock_guard lock(mutex_);
  ::shutdown(listener_.get(), SHUT_RDWR);  // at once, although run() may still be watching it
  listener_.reset();
}

void FakeServer::come_back() {
  const std::lock_guard lock(mutex_);
  if (!listener_) listen();
}

void FakeServer::listen() {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  [[maybe_unused]] const int bound = ::bind(listener_.get(), generic, sizeof address);
  [[maybe_unused]] const int listening = ::listen(listener_.get(), 16);
  assert(bound == 0 && listening == 0);
  socklen_t size = sizeof address;
  ::getsockname(listener_.get(), generic, &size);
  port_ = ntohs(address.sin_port);
}

// A listener may be exchanged while it is watched, so it is looked at afresh every few
// milliseconds.
void FakeServer::run() {
  constexpr int look_again_ms = 5;
  for (;;) {
    int listener = -1;
    {
      const std::lock_guard lock(mutex_);
      listener = listener_.get();
    }
    if (!wait_readable(listener, wake_.get(), look_again_ms)) return;
    base::UniqueFd connection;
    {
      const std::lock_guard lock(mutex_);
      if (listener_) connection.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    if (connection) serve(connection.get());
  }
}

void FakeServer::serve(int connection) {
  const auto head = read_head(connection, wake_.get());
  if (!head) return;
  const FakeRequest request = parse_head(*head);
  const std::size_t number = record(request);
  FakeExchange exchange(connection, wake_.get(), request,
                        [this, number](const std::string& body) { record_body(number, body); });
  script_(exchange);
  // A client that is still sending would lose the reply to a reset.
  ::shutdown(connection, SHUT_WR);
  exchange.hang();
}

std::size_t FakeServer::record(const FakeRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  return requests_.size() - 1;
}

void FakeServer::record_body(std::size_t number, const std::string& body) {
  const std::lock_guard lock(mutex_);
  requests_[number].body = body;
}

}  // namespace ops::tests
