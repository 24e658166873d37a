#include "middleware/server/http_server.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "middleware/server/wait_time.hpp"

namespace ops::middleware {
namespace {

constexpr std::chrono::milliseconds check_period_while_draining{10};
/// A few that cannot be closed stand before one that can; more are not worth the search.
constexpr int most_looked_at = 16;
constexpr int most_closed_when_exhausted = 64;
constexpr std::chrono::seconds exhaustion_is_told_every{1};

}  // namespace

HttpServer::HttpServer(loop::Loop& loop, const Chain& chain, const ServerLimits& limits,
                       Events events)
    : loop_(loop),
      chain_(chain),
      limits_(limits),
      events_(std::move(events)),
      checks_(loop, [this] { check_times(); }),
      burial_(loop, [this] { bury(); }) {}

HttpServer::~HttpServer() { cut_off(); }

void HttpServer::adopt(base::UniqueFd listening_socket) {
  listeners_.push_back(std::make_unique<loop::Listener>(
      loop_, std::move(listening_socket),
      [this](base::UniqueFd connection) { serve(std::move(connection)); },
      [this] { exhausted(); }));
}

void HttpServer::serve(base::UniqueFd connection) {
  if (draining_) return;
  if (connections_.size() >= limits_.connections && !make_room()) return;
  if (connections_.empty()) {
    checks_.start_repeating(leaving_ ? check_period_while_draining : check_period(limits_));
  }
  auto served = std::make_unique<Connection>(
      std::move(connection), Surroundings{loop_, clock_, chain_, limits_, date_, *this});
  Connection* const key = served.get();
  connections_.emplace(key, Served{std::move(served), awaiting_.insert(awaiting_.end(), key)});
}

/// Whether a connection could be closed for another one.
bool HttpServer::make_room() {
  int looked_at = 0;
  for (auto next = awaiting_.begin(); next != awaiting_.end() && looked_at < most_looked_at;
       ++looked_at) {
    Connection& connection = **next++;
    if (connection.make_room()) return true;
  }
  return false;
}

void HttpServer::exhausted() {
  for (int closed = 0; closed < most_closed_when_exhausted && make_room(); ++closed) {
  }
  const auto now = loop_.now();
  if (now < exhaustion_told_ + exhaustion_is_told_every) return;
  exhaustion_told_ = now;
  if (events_.on_exhausted) events_.on_exhausted();
}

void HttpServer::leave(std::chrono::milliseconds announcement) {
  if (draining_ || std::exchange(leaving_, true)) return;
  drain_begins_ = loop_.now() + announcement;
  checks_.start_repeating(check_period_while_draining);
  check_times();
}

void HttpServer::begin_drain() {
  if (std::exchange(draining_, true)) return;
  listeners_.clear();
  if (connections_.empty()) return burial_.start(std::chrono::milliseconds(0));
  checks_.start_repeating(check_period_while_draining);
  for (auto next = connections_.begin(); next != connections_.end();) {
    Connection& connection = *next++->second.connection;
    connection.drain();
  }
}

void HttpServer::cut_off() {
  listeners_.clear();
  // Whoever is told of a broken body finds no connection any more.
  const auto cut = std::exchange(connections_, {});
  awaiting_.clear();
  serving_.clear();
}

std::size_t HttpServer::in_flight() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      connections_, [](const auto& entry) { return entry.second.connection->busy(); }));
}

void HttpServer::check_times() {
  // A connection may close, and leave the map, while it is being looked at.
  for (auto next = connections_.begin(); next != connections_.end();) {
    Connection& connection = *next++->second.connection;
    connection.check_time();
  }
  if (!leaving_ || draining_) return;
  const bool foreseen = std::ranges::none_of(
      awaiting_, [](const Connection* connection) { return connection->idle(); });
  if (foreseen || loop_.now() >= drain_begins_) begin_drain();
}

void HttpServer::connection_turned(Connection& connection) {
  const auto served = connections_.find(&connection);
  assert(served != connections_.end());
  auto& to = connection.awaits_request() ? awaiting_ : serving_;
  auto& from = connection.awaits_request() ? serving_ : awaiting_;
  to.splice(to.end(), from, served->second.place);
}

void HttpServer::connection_closed(Connection& connection) {
  auto node = connections_.extract(&connection);
  assert(node);
  // Closed, it awaits nothing any more.
  serving_.erase(node.mapped().place);
  gone_.push_back(std::move(node.mapped().connection));
  burial_.start(std::chrono::milliseconds(0));
}

void HttpServer::handler_failed(std::string_view what) {
  if (events_.on_handler_failed) events_.on_handler_failed(what);
}

/// On the loop's next turn, when none of those that have gone is on the stack.
void HttpServer::bury() {
  gone_.clear();
  if (!connections_.empty()) return;
  checks_.stop();
  if (leaving_ && !draining_) return begin_drain();
  if (draining_ && events_.on_drained) std::exchange(events_.on_drained, {})();
}

}  // namespace ops::middleware
