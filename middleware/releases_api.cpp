#include "middleware/releases_api.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/rfc3339.hpp"
#include "middleware/deploy_quick.hpp"
#include "middleware/error_answer.hpp"

namespace ops::middleware {
namespace {

using deploy::Accepted;
using deploy::DeployStatus;
using deploy::Refused;

constexpr std::string_view deploys_prefix = "/admin/deploys/";
constexpr std::string_view events_suffix = "/events";
constexpr std::size_t longest_rollback_body = 4096;

Response json_answer(const nlohmann::json& body) {
  using Handling = nlohmann::json::error_handler_t;
  Response response = Response::json(200, body.dump(-1, ' ', false, Handling::replace) + "\n");
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

nlohmann::json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

nlohmann::json to_json(const DeployStatus& status) {
  nlohmann::json json{{"deployId", status.deploy},
                      {"state", deploy::name(status.state)},
                      {"release", text_or_null(status.release)},
                      {"source", text_or_null(status.source)},
                      {"startedAt", base::to_rfc3339(status.started_at)},
                      {"timings", nlohmann::json::object()},
                      {"error", nullptr}};
  if (!status.error.message.empty()) {
    json["error"] = {{"code", status.error.code}, {"message", status.error.message}};
  }
  for (const auto& [phase, milliseconds] : status.timings) json["timings"][phase] = milliseconds;
  return json;
}

std::string_view name(release::Standing standing) {
  switch (standing) {
    case release::Standing::trial:
      return "trial";
    case release::Standing::healthy:
      return "healthy";
    case release::Standing::failed:
      return "failed";
  }
  return "trial";
}

// Of the service's states a process can only be in these while it answers.
std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::starting:
      return "queued";
    case Phase::ready:
      return "running";
    case Phase::draining:
      return "stopped";
  }
  return "running";
}

std::optional<std::string> rollback_target(std::string_view body) {
  if (body.size() > longest_rollback_body) return std::nullopt;
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto target = json.find("toHash");
  if (target == json.end() || !target->is_string()) return std::nullopt;
  return target->get<std::string>();
}

// A number that cannot be read counts as none seen: the client gets everything again rather than
// nothing.
std::uint64_t last_event_id(const Request& request) {
  const std::string_view text = request.header("last-event-id");
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), number);
  return failure == std::errc() && end == text.end() ? number : 0;
}

Response unknown_deploy() {
  return error_answer(404, "no-such-deploy", "no deploy of that id is known here");
}

}  // namespace

void ReleasesApi::show_deploy(const Request& request, const std::shared_ptr<Exchange>& exchange) {
  if (const auto identity = auth_.admit(request); !identity)
    return exchange->send(identity.error());
  std::string_view deploy = request.path.substr(deploys_prefix.size());
  const bool events = deploy.ends_with(events_suffix);
  if (events) deploy.remove_suffix(events_suffix.size());
  const auto status = deployer_.status(deploy);
  if (!status) return exchange->send(unknown_deploy());
  if (events) return streams_.open(deploy, last_event_id(request), exchange);
  exchange->send(json_answer(to_json(*status)));
}

void ReleasesApi::cancel_deploy(const Request& request, Responder respond) {
  const auto identity = auth_.admit(request);
  if (!identity) return respond.send(identity.error());
  const std::string_view deploy = request.path.substr(deploys_prefix.size());
  const auto cancelled = deployer_.cancel(deploy, identity->user + "@" + identity->device);
  if (!cancelled) return respond.send(refused_answer(cancelled.error()));
  const auto status = deployer_.status(deploy);
  const auto state = status ? status->state : deploy::DeployState::failed;
  respond.send(accepted_answer({.deploy = std::string(deploy), .state = state}));
}

void ReleasesApi::show_production(const Request& request, Responder respond) const {
  if (const auto identity = auth_.admit(request); !identity) return respond.send(identity.error());
  nlohmann::json body{{"status", name(production_.phase())},
                      {"url", text_or_null(production_.url)},
                      {"port", nullptr},
                      {"error", nullptr},
                      {"startedAt", base::to_rfc3339(production_.started_at)},
                      {"hash", text_or_null(production_.release)},
                      {"activeJob", text_or_null(deployer_.running().value_or(""))}};
  if (production_.port != 0) body["port"] = production_.port;
  respond.send(json_answer(body));
}

void ReleasesApi::list_versions(const Request& request, Responder respond) const {
  if (const auto identity = auth_.admit(request); !identity) return respond.send(identity.error());
  const auto history = store_.history();
  if (!history) return respond.send(error_answer(500, "internal-error", history.error().message));
  const auto current = store_.current();
  nlohmann::json versions = nlohmann::json::array();
  const auto& releases = history->releases();
  for (auto record = releases.rbegin(); record != releases.rend(); ++record) {
    if (record->removed) continue;
    versions.push_back({{"hash", record->id},
                        {"isActive", current && *current == record->id},
                        {"createdAt", base::to_rfc3339(record->created)},
                        {"state", name(record->standing)}});
  }
  respond.send(json_answer({{"versions", std::move(versions)}}));
}

void ReleasesApi::roll_back(const Request& request, Responder respond) {
  const auto identity = auth_.admit(request);
  if (!identity) return respond.send(identity.error());
  const auto target = rollback_target(request.body);
  if (!target) {
    return respond.send(error_answer(
        400, "bad-rollback",
        R"(send {"toHash":"<release>"} as JSON: an id, "previous", "image" or "@{2}")"));
  }
  auto key = idempotency_key_of(request);
  if (!key) return respond.send(std::move(key).error());
  auto responder = std::make_shared<Responder>(std::move(respond));
  deployer_.roll_back(
      {.to = *target,
       .by = identity->user + "@" + identity->device,
       .address = std::string(request.peer),
       .idempotency_key = *std::move(key)},
      [responder](const Result<Accepted, Refused>& outcome) {
        responder->send(outcome ? accepted_answer(*outcome) : refused_answer(outcome.error()));
      });
}

}  // namespace ops::middleware
