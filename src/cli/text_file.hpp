#pragma once

#include <cstddef>
#include <string>

#include "ops/result.hpp"

namespace ops::cli {

/// All of a file that a person named (a link is followed), or an error when it is longer than
/// `limit` bytes.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, std::size_t limit);

}  // namespace ops::cli
