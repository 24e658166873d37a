#include <string>

#include "catch.hpp"
#include "ops/middleware/server.hpp"

using namespace ops::middleware;

namespace {

/// What is wrong with them; empty where nothing is.
std::string trouble(const ServerOptions& options) {
  const auto checked = check(options);
  return checked ? std::string() : checked.error().message;
}

std::string trouble(const DeployOptions& deploy) {
  return trouble(ServerOptions{.name = "app", .deploy = deploy});
}

bool names(const std::string& trouble, const std::string& option) {
  INFO(trouble);
  return trouble.starts_with("cannot use ") && trouble.find(option) != std::string::npos;
}

}  // namespace

TEST_CASE("ordinary options are taken") {
  CHECK(trouble(ServerOptions{.name = "my-app_2"}).empty());
  CHECK(trouble(DeployOptions{.carry = {"node_modules", "var/data*", "data"},
                              .shared = {{"data", "/srv/data"}, {"data2/x", "/srv/x"}}})
            .empty());
  CHECK(trouble(DeployOptions{.received_bytes = 1,
                              .offer_bytes = 1,
                              .unpacked_bytes = 1,
                              .entries = 1,
                              .depth = 128,
                              .ratio = 1,
                              .free_bytes = 0})
            .empty());
}

TEST_CASE("an application's name must make the name of a variable") {
  for (const char* name : {"", "my app", "a/b", "\xc3\xa4pp", "a=b"}) {
    CHECK(names(trouble(ServerOptions{.name = name}), "name"));
  }
  CHECK(names(trouble(ServerOptions{.name = std::string(65, 'a')}), "name"));
}

TEST_CASE("a carried path stays in the release") {
  for (const char* path : {"", "/etc", "../x", "a/../../x", "a/", "a//b", ".", "./a"}) {
    CHECK(names(trouble(DeployOptions{.carry = {"good", path}}), "carried"));
  }
}

TEST_CASE("a shared path stays in the release, and leads to an absolute one") {
  CHECK(names(trouble(DeployOptions{.shared = {{"../x", "/srv"}}}), "shared"));
  CHECK(names(trouble(DeployOptions{.shared = {{"/x", "/srv"}}}), "shared"));
  CHECK(names(trouble(DeployOptions{.shared = {{"x", "relative"}}}), "\"relative\""));
  CHECK(names(trouble(DeployOptions{.shared = {{"x", ""}}}), "absolute"));
}

TEST_CASE("paths that would hide each other are not taken") {
  CHECK(names(trouble(DeployOptions{.shared = {{"a", "/x"}, {"a", "/y"}}}), "overlap"));
  CHECK(names(trouble(DeployOptions{.shared = {{"a/b", "/x"}, {"a", "/y"}}}), "overlap"));
  CHECK(names(trouble(DeployOptions{.carry = {"a/b"}, .shared = {{"a", "/x"}}}), "\"a/b\""));
}

TEST_CASE("numbers without which nothing could be served or deployed are not taken") {
  CHECK(names(trouble(DeployOptions{.keep = 1}), "keep"));
  CHECK(names(trouble(DeployOptions{.build_time = std::chrono::seconds(0)}), "build_time"));
  CHECK(names(trouble(DeployOptions{.received_bytes = 0}), "received_bytes"));
  CHECK(names(trouble(DeployOptions{.offer_bytes = 0}), "offer_bytes"));
  CHECK(names(trouble(DeployOptions{.unpacked_bytes = 0}), "unpacked_bytes"));
  CHECK(names(trouble(DeployOptions{.entries = 0}), "entries"));
  CHECK(names(trouble(DeployOptions{.depth = 0}), "depth"));
  CHECK(names(trouble(DeployOptions{.depth = 129}), "depth"));
  CHECK(names(trouble(DeployOptions{.ratio = 0}), "ratio"));
  CHECK(names(trouble(ServerOptions{.name = "app", .limits = {.connections = 0}}), "limits"));
  CHECK(
      names(trouble(ServerOptions{.name = "app", .limits = {.body_bytes_a_second = 0}}), "limits"));
  CHECK(names(
      trouble(ServerOptions{.name = "app", .limits = {.head_time = std::chrono::seconds(-1)}}),
      "limits"));
}
