#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/hex.hpp"
#include "release/json_text.hpp"
#include "release/manifest.hpp"

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

}  // namespace

std::string Manifest::to_json() const {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const ManifestEntry& entry : entries_) {
    files.push_back({{"path", entry.path},
                     {"mode", entry.mode == 0755 ? "0755" : "0644"},
                     {"size", entry.bytes},
                     {"sha256", base::to_hex(entry.sha256)}});
  }
  const nlohmann::ordered_json whole = {{"files", std::move(files)}};
  return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<Manifest> Manifest::from_json(std::string_view text) {
  const auto whole = nlohmann::json::parse(text, nullptr, false);
  const auto files = whole.is_object() ? whole.find("files") : whole.end();
  if (!whole.is_object() || files == whole.end() || !files->is_array()) {
    return Error{"cannot read a manifest: it is no JSON object with a list \"files\""};
  }
  std::vector<ManifestEntry> entries;
  entries.reserve(files->size());
  for (const auto& file : *files) {
    auto entry = entry_of(file);
    if (!entry) {
      return Error{"cannot read a manifest: file " + std::to_string(entries.size() + 1) +
                   " needs a relative path, mode 0644 or 0755, a size and a sha256"};
    }
    entries.push_back(std::move(*entry));
  }
  Manifest manifest(std::move(entries));
  const auto twice =
      std::adjacent_find(manifest.entries_.begin(), manifest.entries_.end(),
                         [](const auto& a, const auto& b) { return a.path == b.path; });
  if (twice != manifest.entries_.end()) {
    return Error{"cannot read a manifest: it names a path twice"};
  }
  return manifest;
}

}  // namespace ops::release
