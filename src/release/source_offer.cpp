#include "release/source_offer.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace ops::release {

SourceOffer difference(std::string release, const Manifest& base, const Manifest& sources) {
  SourceOffer offer{.base = std::move(release), .source = sources.content_hash()};
  const auto by_path = [](const ManifestEntry& a, const ManifestEntry& b) {
    return a.path < b.path;
  };
  std::ranges::copy_if(
      sources.entries(), std::back_inserter(offer.files), [&](const ManifestEntry& entry) {
        const auto [first, last] =
            std::equal_range(base.entries().begin(), base.entries().end(), entry, by_path);
        return first == last || !(*first == entry);
      });
  for (const ManifestEntry& entry : base.entries()) {
    if (!std::binary_search(sources.entries().begin(), sources.entries().end(), entry, by_path)) {
      offer.removed.push_back(entry.path);
    }
  }
  return offer;
}

Result<Manifest> offered_sources(const SourceOffer& offer, const Manifest& known) {
  std::map<std::string_view, const ManifestEntry*> files;
  if (!offer.base.empty()) {
    for (const ManifestEntry& entry : known.entries()) files[entry.path] = &entry;
  }
  for (const std::string& path : offer.removed) files.erase(path);
  for (const ManifestEntry& entry : offer.files) files[entry.path] = &entry;
  std::vector<ManifestEntry> entries;
  entries.reserve(files.size());
  for (const auto& [path, entry] : files) entries.push_back(*entry);
  Manifest sources(std::move(entries));
  if (!offer.source.empty() && sources.content_hash() != offer.source) {
    return Error{"what is offered does not make the sources that it says: offer all files"};
  }
  return sources;
}

}  // namespace ops::release
