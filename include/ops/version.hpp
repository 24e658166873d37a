#pragma once

#include <string_view>

namespace ops {

/// The version of this library, as `server-runner --version` and `ops --version` print it.
/// The build takes the project's version from this line.
inline constexpr std::string_view version = "0.1.0";

}  // namespace ops
