// Writes manifests and offers as JSON, file by file: as one document in memory they would take
// several times what their text does.

#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "release/manifest.hpp"
#include "release/source_offer.hpp"

namespace ops::release {
namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// What a file takes besides its path.
constexpr std::size_t bytes_a_file = 140;

void append_files(std::string& json, const std::vector<ManifestEntry>& files) {
  std::size_t bytes = json.size();
  for (const ManifestEntry& entry : files) bytes += entry.path.size() + bytes_a_file;
  json.reserve(bytes);
  json += "\"files\":[";
  const char* separator = "";
  for (const ManifestEntry& entry : files) {
    json.append(separator).append("{\"path\":").append(quoted(entry.path));
    json.append(",\"mode\":\"").append(entry.mode == 0755 ? "0755" : "0644");
    json.append("\",\"size\":").append(std::to_string(entry.bytes));
    json.append(",\"sha256\":\"").append(base::to_hex(entry.sha256)).append("\"}");
    separator = ",";
  }
  json += ']';
}

void append_paths(std::string& json, const std::vector<std::string>& paths) {
  const char* separator = "";
  for (const std::string& path : paths) {
    json.append(separator).append(quoted(path));
    separator = ",";
  }
}

}  // namespace

std::string Manifest::to_json() const {
  std::string json = "{";
  append_files(json, entries_);
  json += '}';
  return json;  // moved: `return json += …` would be a copy
}

std::string SourceOffer::to_json() const {
  std::string json = "{";
  if (!base.empty()) json.append("\"base\":").append(quoted(base)).append(",");
  append_files(json, files);
  if (!base.empty()) {
    json += ",\"removed\":[";
    append_paths(json, removed);
    json += ']';
  }
  if (!source.empty()) json.append(",\"source\":").append(quoted(source));
  json += '}';
  return json;
}

}  // namespace ops::release
