// Any bytes as a release's manifest. Beyond what the sanitizers see: what is read is JSON, names
// each path once and in order, and reads the same when it is written and read again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "release/manifest.hpp"

namespace {

using ops::release::Manifest;
using ops::release::ManifestEntry;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_file(const ManifestEntry& entry) {
  return !entry.path.empty() && !entry.path.starts_with('/') && !entry.path.starts_with("../") &&
         entry.path.find("/../") == std::string::npos &&
         entry.path.find('\0') == std::string::npos && (entry.mode == 0644 || entry.mode == 0755);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = Manifest::from_json(text);
  if (!manifest) {
    require(manifest.error().message.starts_with("cannot read a manifest: "));
    return 0;
  }
  require(nlohmann::json::accept(text));
  const auto& entries = manifest->entries();
  require(std::ranges::all_of(entries, is_file));
  require(std::ranges::adjacent_find(entries, std::ranges::greater_equal{}, &ManifestEntry::path) ==
          entries.end());
  const auto again = Manifest::from_json(manifest->to_json());
  require(again.ok() && again->entries() == entries);
  return 0;
}
