#include "release/source_offer.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
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

Result<Manifest> offered_sources(SourceOffer offer, Manifest known) {
  std::vector<ManifestEntry> entries = std::move(offer.files);
  if (!offer.base.empty()) {
    std::set<std::string_view> replaced(offer.removed.begin(), offer.removed.end());
    for (const ManifestEntry& entry : entries) replaced.insert(entry.path);
    std::vector<ManifestEntry> kept = std::move(known).take_entries();
    std::erase_if(kept, [&](const ManifestEntry& entry) { return replaced.contains(entry.path); });
    replaced.clear();  // it looks at what moves now
    std::ranges::move(kept, std::back_inserter(entries));
  }
  Manifest sources(std::move(entries));
  if (!offer.source.empty() && sources.content_hash() != offer.source) {
    return Error{"what is offered does not make the sources that it says: offer all files"};
  }
  return sources;
}

}  // namespace ops::release
