// Any bytes as what a client offers to deploy. Beyond what the sanitizers see: what is read is
// JSON, stays within its limit, reads the same when it is written and read again, and makes sources
// that hold what was offered and nothing that was removed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "release/source_offer.hpp"

namespace {

using ops::release::Manifest;
using ops::release::ManifestEntry;
using ops::release::SourceOffer;

constexpr std::size_t most_paths = 20;

void require(bool holds) {
  if (!holds) std::abort();
}

Manifest known_sources() {
  return Manifest({{"a", 0644, 1, ops::base::sha256("1")},
                   {"b/c", 0755, 0, ops::base::sha256("")},
                   {"message.txt", 0644, 1, ops::base::sha256("m")}});
}

bool names(const std::vector<ManifestEntry>& files, std::string_view path) {
  return std::ranges::find(files, path, &ManifestEntry::path) != files.end();
}

void require_made(const SourceOffer& offer, const Manifest& known) {
  const auto sources = ops::release::offered_sources(offer, known);
  if (!sources) return require(!offer.source.empty());
  const auto& made = sources->entries();
  for (const ManifestEntry& file : offer.files) {
    require(std::ranges::find(made, file) != made.end());
  }
  for (const std::string& path : offer.removed) {
    require(names(made, path) == names(offer.files, path));
  }
  if (offer.base.empty()) require(made.size() == offer.files.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto offer = SourceOffer::from_json(text, most_paths);
  if (!offer) {
    require(offer.error().message.starts_with("cannot read what is offered: "));
    return 0;
  }
  require(nlohmann::json::accept(text));
  require(offer->files.size() <= most_paths && offer->removed.size() <= most_paths);
  const auto again = SourceOffer::from_json(offer->to_json(), most_paths);
  require(again.ok() && again->files == offer->files && again->base == offer->base);
  require(again->removed == offer->removed && again->source == offer->source);
  require_made(*offer, known_sources());
  return 0;
}
