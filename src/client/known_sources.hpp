#pragma once

#include <optional>
#include <string>

#include "release/manifest.hpp"

namespace ops::client {

/// What the releases that were deployed from here were made of, so that a deploy need only tell how
/// it differs. It is a memory and no more: where it is lost, or wrong, everything is told.
class KnownSources {
 public:
  /// `directory` is made where it is missing; empty: nothing is remembered.
  explicit KnownSources(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] std::optional<release::Manifest> of(const std::string& release) const;
  /// What cannot be written is not remembered. The oldest are forgotten.
  void remember(const std::string& release, const release::Manifest& sources) const;

 private:
  std::string directory_;
};

}  // namespace ops::client
