#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/hex.hpp"
#include "release/json_text.hpp"
#include "release/manifest.hpp"
#include "release/release_name.hpp"
#include "release/source_offer.hpp"

namespace ops::release {
namespace {

constexpr std::size_t longest_path = 4096;

// A manifest that comes from outside names files to look for, so its paths are held to the rules
// for entries of an archive.
bool is_path(std::string_view path) {
  if (path.empty() || path.size() > longest_path || path.find('\0') != path.npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::optional<ManifestEntry> entry_of(const nlohmann::json& file) {
  if (!file.is_object()) return std::nullopt;
  ManifestEntry entry{text_of(file, "path"), 0, 0, {}};
  const std::string mode = text_of(file, "mode");
  const auto sum = base::from_hex(text_of(file, "sha256"));
  const auto size = file.find("size");
  if (!is_path(entry.path) || (mode != "0644" && mode != "0755")) return std::nullopt;
  if (!sum || sum->size() != entry.sha256.size()) return std::nullopt;
  if (size == file.end() || !size->is_number_unsigned()) return std::nullopt;
  entry.mode = mode == "0755" ? 0755 : 0644;
  entry.bytes = size->get<std::uint64_t>();
  std::copy(sum->begin(), sum->end(), entry.sha256.begin());
  return entry;
}

nlohmann::ordered_json files_to_json(const std::vector<ManifestEntry>& files) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const ManifestEntry& entry : files) {
    all.push_back({{"path", entry.path},
                   {"mode", entry.mode == 0755 ? "0755" : "0644"},
                   {"size", entry.bytes},
                   {"sha256", base::to_hex(entry.sha256)}});
  }
  return all;
}

Result<std::vector<ManifestEntry>> files_from_json(const nlohmann::json& whole) {
  const auto files = whole.is_object() ? whole.find("files") : whole.end();
  if (!whole.is_object() || files == whole.end() || !files->is_array()) {
    return Error{"it is no JSON object with a list \"files\""};
  }
  std::vector<ManifestEntry> entries;
  entries.reserve(files->size());
  for (const auto& file : *files) {
    auto entry = entry_of(file);
    if (!entry) {
      return Error{"file " + std::to_string(entries.size() + 1) +
                   " needs a relative path, mode 0644 or 0755, a size and a sha256"};
    }
    entries.push_back(std::move(*entry));
  }
  std::ranges::sort(entries, {}, &ManifestEntry::path);
  if (std::ranges::adjacent_find(entries, {}, &ManifestEntry::path) != entries.end()) {
    return Error{"it names a path twice"};
  }
  return entries;
}

Error cannot_read(const std::string& why) { return Error{"cannot read what is offered: " + why}; }

Result<std::vector<std::string>> removed_of(const nlohmann::json& whole) {
  std::vector<std::string> removed;
  const auto found = whole.find("removed");
  if (found == whole.end()) return removed;
  if (!found->is_array()) return Error{"\"removed\" must be a list of paths"};
  for (const auto& path : *found) {
    if (!path.is_string() || !is_path(path.get_ref<const std::string&>())) {
      return Error{"\"removed\" must be a list of relative paths"};
    }
    removed.push_back(path.get<std::string>());
  }
  return removed;
}

}  // namespace

std::string Manifest::to_json() const {
  const nlohmann::ordered_json whole = {{"files", files_to_json(entries_)}};
  return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<Manifest> Manifest::from_json(std::string_view text) {
  auto files = files_from_json(nlohmann::json::parse(text, nullptr, false));
  if (!files) return Error{"cannot read a manifest: " + files.error().message};
  return Manifest(std::move(files).value());
}

std::string SourceOffer::to_json() const {
  nlohmann::ordered_json whole;
  if (!base.empty()) whole["base"] = base;
  whole["files"] = files_to_json(files);
  if (!base.empty()) whole["removed"] = removed;
  if (!source.empty()) whole["source"] = source;
  return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<SourceOffer> SourceOffer::from_json(std::string_view text) {
  const auto whole = nlohmann::json::parse(text, nullptr, false);
  auto files = files_from_json(whole);
  if (!files) return cannot_read(files.error().message);
  SourceOffer offer{.files = std::move(files).value(), .source = text_of(whole, "source")};
  if (!whole.contains("base")) return offer;
  offer.base = text_of(whole, "base");
  if (!is_release_name(offer.base)) return cannot_read("\"base\" must be the id of a release");
  auto removed = removed_of(whole);
  if (!removed) return cannot_read(removed.error().message);
  offer.removed = std::move(removed).value();
  return offer;
}

}  // namespace ops::release
