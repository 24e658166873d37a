#include "middleware/chain.hpp"

#include <string>

#include "catch.hpp"

using namespace ops::middleware;
using Outcome = RouteMatch::Outcome;

namespace {

Handler nothing() {
  return [](const Request&, Responder) {};
}

Chain sample() {
  Chain chain;
  chain.add("GET", "/ping", PathMatch::exact, nothing());
  chain.add("GET", "/both", PathMatch::exact, nothing());
  chain.add("POST", "/both", PathMatch::exact, nothing());
  chain.add("POST", "/admin/deploy-quick", PathMatch::exact, StreamingHandler{});
  chain.add("GET", "/admin/deploys/", PathMatch::prefix, nothing());
  chain.add("GET", "/admin/deploys/latest", PathMatch::exact, nothing());
  chain.add("DELETE", "/admin/", PathMatch::prefix, nothing());
  return chain;
}

}  // namespace

TEST_CASE("a path is matched byte for byte") {
  const Chain chain = sample();
  CHECK(chain.find("GET", "/ping").outcome == Outcome::found);
  CHECK(chain.trouble().ok());
  for (const auto* path : {"/ping/", "/pin", "/Ping", "//ping", "/%70ing", "/./ping", "/", "",
                           "http://a/ping", "/ping%00", "/a/../ping"}) {
    INFO(path);
    CHECK(chain.find("GET", path).outcome == Outcome::unknown_path);
  }
}

TEST_CASE("a method that the path does not have is told apart from an unknown path") {
  const Chain chain = sample();
  const RouteMatch match = chain.find("DELETE", "/both");
  CHECK(match.outcome == Outcome::wrong_method);
  CHECK(match.handler == nullptr);
  CHECK(match.allow == "GET, HEAD, POST");
  CHECK(chain.find("GET", "/admin/deploy-quick").allow == "POST");
}

TEST_CASE("GET answers HEAD, unless HEAD has a handler of its own") {
  Chain chain = sample();
  CHECK(chain.find("HEAD", "/ping").handler == chain.find("GET", "/ping").handler);
  CHECK(chain.find("HEAD", "/admin/deploy-quick").outcome == Outcome::wrong_method);
  chain.add("HEAD", "/ping", PathMatch::exact, nothing());
  CHECK(chain.find("HEAD", "/ping").handler != chain.find("GET", "/ping").handler);
  CHECK(chain.find("PUT", "/ping").allow == "GET, HEAD");
}

TEST_CASE("the exact path wins over a prefix, and a longer prefix over a shorter one") {
  const Chain chain = sample();
  const auto* by_prefix = chain.find("GET", "/admin/deploys/17").handler;
  REQUIRE(by_prefix != nullptr);
  CHECK(chain.find("GET", "/admin/deploys/").handler == by_prefix);
  CHECK(chain.find("GET", "/admin/deploys/latest").handler != by_prefix);
  CHECK(chain.find("GET", "/admin/deploys").outcome == Outcome::wrong_method);
  CHECK(chain.find("DELETE", "/admin/zebra").outcome == Outcome::found);
  CHECK(chain.find("DELETE", "/admin/deploys/17").outcome == Outcome::wrong_method);
}

TEST_CASE("a second handler for a method and a path is no handler, and it is told") {
  Chain chain;
  chain.add("GET", "/ping", PathMatch::exact, nothing());
  const auto* first = chain.find("GET", "/ping").handler;
  CHECK(chain.trouble().ok());
  chain.add("GET", "/ping", PathMatch::exact, nothing());
  REQUIRE_FALSE(chain.trouble().ok());
  CHECK(chain.trouble().error().message.find("GET /ping") != std::string::npos);
  CHECK(chain.find("GET", "/ping").handler == first);
}

TEST_CASE("a path is matched in one way") {
  Chain chain;
  chain.add("GET", "/a/", PathMatch::prefix, nothing());
  chain.add("POST", "/a/", PathMatch::exact, nothing());
  CHECK_FALSE(chain.trouble().ok());
}

TEST_CASE("a path that no request can have is told") {
  for (const char* path : {"ping", "", "/ping?verbose", "http://a/ping"}) {
    Chain chain;
    chain.add("GET", path, PathMatch::exact, nothing());
    INFO(path);
    CHECK_FALSE(chain.trouble().ok());
  }
}

TEST_CASE("a guard stands before all paths with its prefix, also those where nothing is") {
  Chain chain = sample();
  Request request;
  request.path = "/admin/xyz";
  CHECK_FALSE(chain.is_guarded("/admin/xyz"));
  CHECK_FALSE(chain.refuse(request));
  bool admitted = false;
  chain.guard("/admin/", [&admitted](const Request&) -> std::optional<Response> {
    if (admitted) return std::nullopt;
    return Response::text(401, "no");
  });
  CHECK(chain.refuse(request)->status == 401);
  admitted = true;
  CHECK_FALSE(chain.refuse(request));
  admitted = false;
  for (const char* path : {"/ping", "/admin", "/Admin/xyz", "//admin/xyz"}) {
    request.path = path;
    CHECK_FALSE(chain.refuse(request));
  }
}
