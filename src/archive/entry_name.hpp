#pragma once

#include <optional>
#include <string_view>

#include "archive/refusal.hpp"
#include "archive/zip_scan.hpp"

namespace ops::archive {

/// Whether a file of this name may be made below a directory: a relative path in UTF-8, without a
/// control byte, backslash, colon, empty part, "." or "..", and within the limits. A directory's
/// name comes without its trailing slash. Names that Windows reserves pass as they are.
[[nodiscard]] std::optional<Refusal> judge_name(std::string_view name, const ScanLimits& limits);

}  // namespace ops::archive
