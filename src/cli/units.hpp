#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ops::cli {

/// "999 bytes", "260 kB", "1.0 MB": thousands, three digits at most.
[[nodiscard]] std::string in_bytes(std::uint64_t bytes);

/// "412 ms", "3.2 s", "2 min 5 s".
[[nodiscard]] std::string in_time(std::chrono::milliseconds time);

/// "1 file", "150 files".
[[nodiscard]] std::string in_files(std::size_t files);

}  // namespace ops::cli
