#include "middleware/chain.hpp"

#include <utility>

namespace ops::middleware {

void Chain::add(std::string method, std::string path, PathMatch match,
                std::variant<Handler, StreamingHandler> handler) {
  const std::string name = method + " " + path;
  std::string why;
  if (!path.starts_with('/') || path.find('?') != std::string::npos) {
    why = "a path begins with '/' and holds no '?'";
  } else {
    Route& route = routes_.try_emplace(std::move(path), Route{match, {}}).first->second;
    const bool added =
        route.match == match && route.methods.emplace(std::move(method), std::move(handler)).second;
    if (!added) why = "there is a handler for it, the product's own or another of the app's";
  }
  if (!why.empty() && trouble_) trouble_ = Error{"cannot serve " + name + ": " + why};
}

void Chain::guard(std::string prefix, Guard guard) {
  guarded_prefix_ = std::move(prefix);
  guard_ = std::move(guard);
}

bool Chain::is_guarded(std::string_view path) const {
  return guard_ && path.starts_with(guarded_prefix_);
}

std::optional<Response> Chain::refuse(const Request& request) const {
  return is_guarded(request.path) ? guard_(request) : std::nullopt;
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
