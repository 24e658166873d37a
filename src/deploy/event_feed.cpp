#include "deploy/event_feed.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace ops::deploy {
namespace {

using Json = nlohmann::ordered_json;

DeployEvent event(std::uint64_t number, std::string_view name, const Json& data) {
  return {number, std::string(name), data.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Json ready(const DeployStatus& status, const DeploySettings& settings) {
  return {{"status", "running"},
          {"url", settings.url},
          {"port", settings.port},
          {"hash", status.release}};
}

// What follows the last line of the log.
std::vector<std::pair<std::string_view, Json>> last_events(const DeployRecord& record,
                                                           const DeploySettings& settings) {
  const DeployStatus& status = record.status;
  std::vector<std::pair<std::string_view, Json>> events;
  if (record.switched) {
    events.emplace_back("production.starting",
                        Json{{"message", "release " + status.release + " is starting"}});
  }
  if (status.state == DeployState::running) {
    events.emplace_back("production.ready", ready(status, settings));
  }
  if (status.state == DeployState::failed || status.state == DeployState::rolled_back) {
    events.emplace_back("production.error", Json{{"error", status.error.message}});
  }
  if (is_end(status.state)) {
    events.emplace_back("stream.end", Json{{"state", name(status.state)}});
  }
  return events;
}

}  // namespace

std::vector<DeployEvent> events_of(const DeployRecord& record, LogLines& log,
                                   const DeploySettings& settings, std::uint64_t after,
                                   std::size_t most) {
  std::vector<DeployEvent> events;
  const std::uint64_t lines = log.count(record.status.deploy);
  std::uint64_t number = after;
  for (const std::string& line : log.read(record.status.deploy, after, most)) {
    events.push_back(event(++number, "production.building", {{"message", line}}));
  }
  number = lines;
  for (const auto& [kind, data] : last_events(record, settings)) {
    if (++number > after && events.size() < most) events.push_back(event(number, kind, data));
  }
  return events;
}

}  // namespace ops::deploy
