#include "middleware/server/http_server.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "middleware/server/wait_time.hpp"

namespace ops::middleware {
namespace {

constexpr std::chrono::milliseconds check_period_while_draining{10};

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
      [this](base::UniqueFd connection) { serve(std::move(connection)); }));
}

void HttpServer::serve(base::UniqueFd connection) {
  if (draining_ || connections_.size() >= limits_.connections) return;
  if (connections_.empty()) checks_.start_repeating(check_period(limits_));
  auto served = std::make_unique<Connection>(
      std::move(connection), Surroundings{loop_, clock_, chain_, limits_, date_, *this});
  Connection* key = served.get();
  connections_.emplace(key, std::move(served));
}

void HttpServer::begin_drain() {
  if (std::exchange(draining_, true)) return;
  listeners_.clear();
  if (connections_.empty()) return burial_.start(std::chrono::milliseconds(0));
  checks_.start_repeating(check_period_while_draining);
  for (auto next = connections_.begin(); next != connections_.end();) {
    Connection& connection = *next++->second;
    connection.drain();
  }
}

void HttpServer::cut_off() {
  listeners_.clear();
  // Whoever is told of a broken body finds no connection any more.
  const auto cut = std::exchange(connections_, {});
}

std::size_t HttpServer::in_flight() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& entry) { return entry.second->busy(); }));
}

void HttpServer::check_times() {
  // A connection may close, and leave the map, while it is being looked at.
  for (auto next = connections_.begin(); next != connections_.end();) {
    Connection& connection = *next++->second;
    connection.check_time();
  }
}

void HttpServer::connection_closed(Connection& connection) {
  auto node = connections_.extract(&connection);
  assert(node);
  gone_.push_back(std::move(node.mapped()));
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
  if (draining_ && events_.on_drained) std::exchange(events_.on_drained, {})();
}

}  // namespace ops::middleware
