#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "loop/listen_address.hpp"
#include "loop/loop.hpp"
#include "loop/stream.hpp"
#include "loop/timer.hpp"
#include "middleware/server/http_server.hpp"

namespace ops::middleware {

/// A client on the loop of the server that it talks to.
class Client {
 public:
  Client(loop::Loop& loop, base::UniqueFd socket)
      : loop_(loop),
        stream_(loop, std::move(socket),
                {.on_bytes = [this](std::string_view bytes) { take(bytes); },
                 .on_end = [this] { end(); },
                 .on_drained = {}}) {
    stream_.start_reading();
  }

  void send(std::string_view bytes) { stream_.write(bytes); }
  void finish() { stream_.finish_writing(); }
  /// Bytes that the server has not taken yet.
  [[nodiscard]] std::size_t unsent() const { return stream_.queued(); }
  void read_nothing() { stream_.stop_reading(); }
  void read_on() { stream_.start_reading(); }

  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// What has been received since the last call.
  std::string take() { return std::exchange(received_, {}); }

 private:
  void take(std::string_view bytes) {
    received_ += bytes;
    loop_.stop();
  }
  void end() {
    ended_ = true;
    loop_.stop();
  }

  loop::Loop& loop_;
  std::string received_;
  bool ended_ = false;
  loop::Stream stream_;
};

/// A server on a free port, with its clients on the same loop: a test sends, and awaits what comes
/// of it.
class Conversation {
 public:
  explicit Conversation(const ServerLimits& limits = {}) : limits_(limits) {}

  Chain& chain() { return chain_; }
  loop::Loop& loop() { return loop_; }

  void get(std::string path, Handler handler) {
    chain_.add("GET", std::move(path), PathMatch::exact, std::move(handler));
  }
  void post(std::string path, Handler handler) {
    chain_.add("POST", std::move(path), PathMatch::exact, std::move(handler));
  }
  void stream(std::string method, std::string path, StreamingHandler handler) {
    chain_.add(std::move(method), std::move(path), PathMatch::exact, std::move(handler));
  }

  HttpServer& server() {
    if (!server_) start();
    return *server_;
  }
  void destroy_server() { server_.reset(); }

  /// A client that has connected over TCP.
  std::unique_ptr<Client> connect() {
    server();
    base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_) == 0);
    return std::make_unique<Client>(loop_, std::move(socket));
  }
  /// A client over a pair of sockets: nothing of it stays behind in the kernel.
  std::unique_ptr<Client> connect_directly() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    server().serve(base::UniqueFd(ends[0]));
    return std::make_unique<Client>(loop_, base::UniqueFd(ends[1]));
  }

  /// Serves until `holds`, at most five seconds. Looks after every event.
  void await(const std::function<bool()>& holds) {
    bool late = false;
    loop::Timer guard(loop_, [this, &late] {
      late = true;
      loop_.stop();
    });
    loop::Timer look(loop_, [this] { loop_.stop(); });
    guard.start(std::chrono::seconds(5));
    look.start_repeating(std::chrono::milliseconds(5));
    while (!holds()) {
      loop_.run();
      REQUIRE_FALSE(late);
    }
  }
  void await_end(const Client& client) {
    await([&client] { return client.ended(); });
  }
  void await_text(const Client& client, std::string_view text) {
    await([&client, text] { return client.received().find(text) != std::string::npos; });
  }

  [[nodiscard]] int drained() const { return drained_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] int exhausted() const { return exhausted_; }

 private:
  void start() {
    server_ = std::make_unique<HttpServer>(
        loop_, chain_, limits_,
        HttpServer::Events{.on_drained =
                               [this] {
                                 ++drained_;
                                 loop_.stop();
                               },
                           .on_handler_failed = [this](std::string_view what) { failure_ = what; },
                           .on_exhausted = [this] { ++exhausted_; }});
    auto socket = loop::ListenAddress::parse("127.0.0.1:0").value().open();
    REQUIRE(socket.ok());
    socklen_t length = sizeof address_;
    REQUIRE(::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&address_), &length) == 0);
    server_->adopt(std::move(*socket));
  }

  ServerLimits limits_;
  loop::Loop loop_;
  Chain chain_;
  std::unique_ptr<HttpServer> server_;
  sockaddr_in address_{};
  int drained_ = 0;
  int exhausted_ = 0;
  std::string failure_;
};

}  // namespace ops::middleware
