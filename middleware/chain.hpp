#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "middleware/exchange.hpp"
#include "ops/middleware/handler.hpp"
#include "ops/result.hpp"

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

/// Judges a request by its head, before it is known whether there is anything at its path: the
/// answer to give where it may not pass.
using Guard = std::function<std::optional<Response>(const Request& request)>;

/// The routes of a server: the product's own and the app's. Matching is on the raw path, byte for
/// byte: nothing is decoded or normalised, so no spelling of a path can slip past a check. GET
/// answers HEAD. Of several prefixes the longest wins, and an exact path before any.
class Chain {
 public:
  /// A second handler for the same method and path, and a path that no request can have, are left
  /// out: see trouble().
  void add(std::string method, std::string path, PathMatch match,
           std::variant<Handler, StreamingHandler> handler);
  /// The first of the routes that could not be added, as an error for whoever wrote the app.
  [[nodiscard]] Result<void> trouble() const { return trouble_; }

  /// Puts a guard before every path that begins with `prefix`. There is one guard.
  void guard(std::string prefix, Guard guard);
  [[nodiscard]] bool is_guarded(std::string_view path) const;
  /// What the guard answers; nothing where the request may pass.
  [[nodiscard]] std::optional<Response> refuse(const Request& request) const;

  [[nodiscard]] RouteMatch find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    PathMatch match;
    std::map<std::string, std::variant<Handler, StreamingHandler>, std::less<>> methods;
  };
  [[nodiscard]] const Route* route_of(std::string_view path) const;

  std::map<std::string, Route, std::less<>> routes_;
  Result<void> trouble_;
  std::string guarded_prefix_;
  Guard guard_;
};

}  // namespace ops::middleware
