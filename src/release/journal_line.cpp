#include "release/journal_line.hpp"

#include <array>
#include <cassert>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/rfc3339.hpp"
#include "release/json_text.hpp"

namespace ops::release {
namespace {

using Json = nlohmann::ordered_json;

// JSON makes at most six bytes of one, so a line of texts within these limits fits.
constexpr std::size_t longest_reason = 8192;
constexpr std::size_t longest_text = 256;

constexpr std::array<std::pair<EventKind, std::string_view>, 14> event_names = {{
    {EventKind::image, "image"},
    {EventKind::received, "received"},
    {EventKind::refused, "refused"},
    {EventKind::built, "built"},
    {EventKind::published, "published"},
    {EventKind::switched, "switched"},
    {EventKind::healthy, "healthy"},
    {EventKind::failed, "failed"},
    {EventKind::reverted, "reverted"},
    {EventKind::rolled_back, "rolled-back"},
    {EventKind::unchanged, "unchanged"},
    {EventKind::removed, "removed"},
    {EventKind::compacted, "compacted"},
    {EventKind::login_failed, "login-failed"},
}};

std::string_view name_of(EventKind event) {
  for (const auto& [kind, name] : event_names) {
    if (kind == event) return name;
  }
  assert(false && "an event without a name");
  return "";
}

std::optional<EventKind> event_of(std::string_view text) {
  for (const auto& [kind, name] : event_names) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

std::string cut(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  const std::string_view gap = " […] ";
  const std::size_t half = (limit - gap.size()) / 2;
  return text.substr(0, half) + std::string(gap) + text.substr(text.size() - half);
}

void put(Json& object, const char* key, const std::string& text, std::size_t limit = longest_text) {
  if (!text.empty()) object[key] = cut(text, limit);
}

Json parse(std::string_view line) { return Json::parse(line, nullptr, false); }

std::map<std::string, long long> timings_of(const Json& object) {
  std::map<std::string, long long> timings;
  const auto found = object.find("timings");
  if (found == object.end() || !found->is_object()) return timings;
  for (const auto& [phase, duration] : found->items()) {
    if (duration.is_number_integer()) timings[phase] = duration.get<long long>();
  }
  return timings;
}

}  // namespace

std::string to_line(const JournalEntry& entry, const std::string& hash_of_previous) {
  Json object;
  object["time"] = base::to_rfc3339(entry.time);
  object["event"] = name_of(entry.event);
  put(object, "release", entry.release);
  put(object, "hash", entry.hash);
  put(object, "source", entry.source);
  put(object, "deploy", entry.deploy);
  put(object, "by", entry.by);
  put(object, "address", entry.address);
  put(object, "archive", entry.archive);
  put(object, "key", entry.key);
  put(object, "reason", entry.reason, longest_reason);
  put(object, "code", entry.code);
  if (!entry.timings.empty()) object["timings"] = entry.timings;
  if (entry.forced) object["forced"] = true;
  if (entry.keep) object["keep"] = *entry.keep;
  put(object, "prev", hash_of_previous);
  std::string line = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  assert(line.size() < longest_line);
  return line;
}

Result<std::optional<JournalEntry>> from_line(std::string_view line) {
  const Json object = parse(line);
  if (!object.is_object()) return Error{"it is no JSON object"};
  const std::string name = text_of(object, "event");
  if (name.empty()) return Error{"it has no \"event\""};
  const auto event = event_of(name);
  if (!event) return std::optional<JournalEntry>();
  const auto time = base::from_rfc3339(text_of(object, "time"));
  if (!time) return Error{"its \"time\" is no RFC 3339 time in UTC"};
  JournalEntry entry;
  entry.event = *event;
  entry.time = *time;
  entry.release = text_of(object, "release");
  entry.hash = text_of(object, "hash");
  entry.source = text_of(object, "source");
  entry.deploy = text_of(object, "deploy");
  entry.by = text_of(object, "by");
  entry.address = text_of(object, "address");
  entry.archive = text_of(object, "archive");
  entry.key = text_of(object, "key");
  entry.reason = text_of(object, "reason");
  entry.code = text_of(object, "code");
  entry.timings = timings_of(object);
  if (const auto forced = object.find("forced"); forced != object.end())
    entry.forced = *forced == true;
  if (const auto keep = object.find("keep"); keep != object.end() && keep->is_number_unsigned()) {
    entry.keep = keep->get<std::size_t>();
  }
  return std::optional(std::move(entry));
}

std::string previous_hash(std::string_view line) {
  const Json object = parse(line);
  return object.is_object() ? text_of(object, "prev") : std::string();
}

}  // namespace ops::release
