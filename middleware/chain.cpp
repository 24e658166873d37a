#include "middleware/chain.hpp"

#include <cassert>
#include <utility>

namespace ops::middleware {

void Chain::add(std::string method, std::string path, PathMatch match,
                std::variant<Handler, StreamingHandler> handler) {
  Route& route = routes_.try_emplace(std::move(path), Route{match, {}}).first->second;
  assert(route.match == match && "a path is matched in one way");
  [[maybe_unused]] const bool added =
      route.methods.emplace(std::move(method), std::move(handler)).second;
  assert(added && "a method of a path has one handler");
}

const Chain::Route* Chain::route_of(std::string_view path) const {
  const auto exact = routes_.find(path);
  if (exact != routes_.end()) return &exact->second;
  const Route* longest = nullptr;
  // Prefixes of a path sort before it, a longer one after a shorter one.
  for (const auto& [beginning, route] : routes_) {
    if (beginning > path) break;
    if (route.match == PathMatch::prefix && path.starts_with(beginning)) longest = &route;
  }
  return longest;
}

RouteMatch Chain::find(std::string_view method, std::string_view path) const {
  const Route* route = route_of(path);
  if (route == nullptr) return {};
  auto found = route->methods.find(method);
  if (found == route->methods.end() && method == "HEAD") found = route->methods.find("GET");
  if (found != route->methods.end()) {
    return {.outcome = RouteMatch::Outcome::found, .handler = &found->second};
  }
  RouteMatch match{.outcome = RouteMatch::Outcome::wrong_method};
  for (const auto& [name, handler] : route->methods) {
    match.allow += (match.allow.empty() ? "" : ", ") + name;
    if (name == "GET" && !route->methods.contains("HEAD")) match.allow += ", HEAD";
  }
  return match;
}

}  // namespace ops::middleware
