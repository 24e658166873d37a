#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "loop/listener.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "middleware/chain.hpp"
#include "middleware/server/connection.hpp"

namespace ops::middleware {

/// Serves the routes of a chain on a loop: listeners and their connections, without signals,
/// environment or exit codes. Chain and loop outlive it; routes may be added until the first
/// request.
class HttpServer final : private ConnectionOwner {
 public:
  struct Events {
    /// After begin_drain(): the last connection has gone. Comes once.
    std::function<void()> on_drained;
    /// A handler ended with an exception and its client has got 500.
    std::function<void(std::string_view what)> on_handler_failed;
    /// The process may have no more descriptors: new connections wait. Comes once a second at most.
    std::function<void()> on_exhausted;
  };

  HttpServer(loop::Loop& loop, const Chain& chain, const ServerLimits& limits, Events events);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() override;

  /// Accepts connections from a listening, non-blocking socket from now on.
  void adopt(base::UniqueFd listening_socket);
  /// Serves a connection that somebody else has accepted. One more than the limit takes the place
  /// of the one that has awaited a request for longest, or is closed.
  void serve(base::UniqueFd connection);
  /// In place of what `limits` says of connections.
  void limit_connections(std::size_t most) { limits_.connections = most; }

  /// Closes our copies of the listeners; whoever is connected is served on. For where another
  /// process holds them too and accepts from them.
  void stop_accepting() { listeners_.clear(); }

  /// Begins a drain that clients can foresee: for the time of `announcement` everybody is still
  /// served, and each answer says that it is its connection's last one, so that nobody sends a
  /// request into a connection that is being closed. The drain begins earlier when no connection is
  /// between two requests any more.
  void leave(std::chrono::milliseconds announcement = std::chrono::milliseconds(100));

  /// Stops accepting, by closing our copies of the listeners: where another process holds them too,
  /// connections wait there. Requests that have come are answered, with `Connection: close`, event
  /// streams are ended, and connections on which no request comes any more are closed.
  void begin_drain();
  [[nodiscard]] bool draining() const { return draining_; }

  /// Closes whatever is still connected, when a drain has lasted too long. Those who take a body
  /// are told that it is broken: to be called before anything that they use is destroyed.
  void cut_off();

  /// Connections with a request that has not got all of its answer.
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  struct Served {
    std::unique_ptr<Connection> connection;
    std::list<Connection*>::iterator place;
  };

  void connection_closed(Connection& connection) override;
  void connection_turned(Connection& connection) override;
  [[nodiscard]] bool leaving() const override { return leaving_; }
  bool make_room();
  void exhausted();
  void handler_failed(std::string_view what) override;
  void check_times();
  void bury();

  loop::Loop& loop_;
  const Chain& chain_;
  ServerLimits limits_;
  Events events_;
  base::SystemClock clock_;
  http1::HttpDate date_;
  std::vector<std::unique_ptr<loop::Listener>> listeners_;
  std::unordered_map<Connection*, Served> connections_;
  std::list<Connection*> awaiting_;  // a request; whoever has for longest comes first
  std::list<Connection*> serving_;
  std::vector<std::unique_ptr<Connection>> gone_;  // closed, but perhaps still on the stack
  loop::Timer checks_;                             // one for all connections
  loop::Timer burial_;
  bool leaving_ = false;
  bool draining_ = false;
  std::chrono::steady_clock::time_point drain_begins_ = {};
  std::chrono::steady_clock::time_point exhaustion_told_ = {};
};

}  // namespace ops::middleware
