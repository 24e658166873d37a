#pragma once

#include <string>
#include <vector>

#include "client/session.hpp"

namespace ops::client {

/// One release as a server knows it.
struct ReleaseVersion {
  std::string release;
  std::string created_at;  // RFC 3339
  std::string state;       // "healthy", "failed", "trial"
  bool serves;
};

/// Newest first.
[[nodiscard]] Result<std::vector<ReleaseVersion>, Failure> read_history(Session& session,
                                                                        const Patience& patience);

}  // namespace ops::client
