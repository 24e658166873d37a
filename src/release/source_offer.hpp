#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ops/result.hpp"
#include "release/manifest.hpp"

namespace ops::release {

/// What a client offers to deploy, file by file, before it sends anything: all of its sources, or
/// how they differ from those of a release that both sides know.
struct SourceOffer {
  std::string base = {};                  // that release; empty: `files` are all there are
  std::vector<ManifestEntry> files = {};  // all, or the changed and the new ones
  std::vector<std::string> removed = {};  // only with a base
  std::string source = {};                // hash of the whole sources, as a check; empty: not said

  /// {"files":[…]} as a manifest has them, or {"base","files","removed":["path"],"source"}.
  [[nodiscard]] std::string to_json() const;
  /// Takes memory for the paths in it and little else, whatever stands in `text`. Where it names
  /// more than `most_paths` files, or removes as many, the error's reason is value_too_large.
  [[nodiscard]] static Result<SourceOffer> from_json(
      std::string_view text, std::size_t most_paths = std::numeric_limits<std::size_t>::max());
};

/// What must be done to `base`, the sources of that release, to make `sources` of it.
[[nodiscard]] SourceOffer difference(std::string release, const Manifest& base,
                                     const Manifest& sources);

/// The sources that an offer means. Without a base `known` is not looked at. An error where the
/// outcome is not what the offer says it is: the two sides do not mean the same base.
[[nodiscard]] Result<Manifest> offered_sources(SourceOffer offer, Manifest known);

}  // namespace ops::release
