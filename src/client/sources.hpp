#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ops/result.hpp"
#include "release/manifest.hpp"

namespace ops::client {

/// The files of a project as they are deployed: found and hashed.
struct Sources {
  std::string root = {};  // where they lie
  release::Manifest manifest = {};
  std::uint64_t bytes = 0;  // of all files
  std::chrono::milliseconds scanning = {};
};

/// Finds what lies below the directory `root`, by the rules of scan_source_tree(), and hashes it.
/// `leave_out` (a path below it, may be empty) is no part of it: the file that a zip replaces.
[[nodiscard]] Result<Sources> find_sources(const std::string& root,
                                           const std::string& leave_out = {});

}  // namespace ops::client
