#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "middleware/exchange.hpp"
#include "ops/middleware/handler.hpp"

namespace ops::middleware {

/// How a path is matched: exactly, or as the beginning of it ("/admin/deploys/").
enum class PathMatch { exact, prefix };

/// What a request line leads to.
struct RouteMatch {
  enum class Outcome { found, unknown_path, wrong_method };
  Outcome outcome = Outcome::unknown_path;
  const std::variant<Handler, StreamingHandler>* handler = nullptr;  // where found
  std::string allow = {};  // where the method is wrong: "GET, HEAD"
};

/// The routes of a server: the product's own, then the app's. Matching is on the raw path, byte for
/// byte: nothing is decoded or normalised, so no spelling of a path can slip past a check. GET
/// answers HEAD. Of several prefixes the longest wins, and an exact path before any.
class Chain {
 public:
  /// A second handler for the same method and path is a programmer's error and asserts.
  void add(std::string method, std::string path, PathMatch match,
           std::variant<Handler, StreamingHandler> handler);

  [[nodiscard]] RouteMatch find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    PathMatch match;
    std::map<std::string, std::variant<Handler, StreamingHandler>, std::less<>> methods;
  };
  [[nodiscard]] const Route* route_of(std::string_view path) const;

  std::map<std::string, Route, std::less<>> routes_;
};

}  // namespace ops::middleware
