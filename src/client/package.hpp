#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/unique_fd.hpp"
#include "client/source_tree.hpp"
#include "ops/result.hpp"

namespace ops::client {

/// A tree as it is sent: a zip in a file that has no name any more, so nothing remains of it.
struct Package {
  SourceTree tree = {};
  base::UniqueFd zip = {};
  std::uint64_t zip_bytes = 0;
  std::string sha256 = {};  // of the zip, in hex
  std::chrono::milliseconds scanning = {};
  std::chrono::milliseconds packing = {};
};

/// Finds and packs what lies below the directory `root`. `leave_out` (a path below it, may be
/// empty) is not packed: the file that the zip replaces. The same files give the same bytes.
[[nodiscard]] Result<Package> make_package(const std::string& root,
                                           const std::string& leave_out = {});

}  // namespace ops::client
