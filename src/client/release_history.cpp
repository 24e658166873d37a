#include "client/release_history.hpp"

#include "client/json_object.hpp"
#include "client/names.hpp"

namespace ops::client {
namespace {

constexpr std::size_t history_limit = std::size_t{8} << 20;

}  // namespace

Result<std::vector<ReleaseVersion>, Failure> read_history(Session& session,
                                                          const Patience& patience) {
  const std::string action = "cannot read the history";
  HttpRequest request{.response_limit = history_limit};
  const auto response =
      session.send(action, "/admin/production-history", std::move(request), patience);
  if (!response) return response.error();
  if (response->status != 200) return failure_of(action, *response);
  const auto json = JsonObject::parse(response->body);
  const auto versions = json ? json->objects("versions") : std::nullopt;
  const Failure unreadable{FailureKind::other, action + ": the answer is no list of versions"};
  if (!versions) return unreadable;
  std::vector<ReleaseVersion> history;
  for (const JsonObject& version : *versions) {
    history.push_back({version.text("hash"), version.text("createdAt"), version.text("state"),
                       version.is_true("isActive")});
    if (!is_release_name(history.back().release)) return unreadable;
  }
  return history;
}

}  // namespace ops::client
