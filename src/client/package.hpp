#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "client/sources.hpp"
#include "ops/result.hpp"

namespace ops::client {

/// Files as they are sent: a zip in a file that has no name any more, so nothing remains of it.
struct Package {
  base::UniqueFd zip = {};
  std::size_t files = 0;
  std::uint64_t zip_bytes = 0;
  std::string sha256 = {};  // of the zip, in hex
  std::chrono::milliseconds packing = {};
};

/// Packs all of the sources. The same files give the same bytes.
[[nodiscard]] Result<Package> pack(const Sources& sources);

/// Packs those of these paths, which may be none. A path that is not among the sources is an error.
[[nodiscard]] Result<Package> pack_only(const Sources& sources,
                                        const std::vector<std::string>& paths);

}  // namespace ops::client
