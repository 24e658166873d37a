#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http1/refusal.hpp"
#include "ops/result.hpp"

namespace ops::http1 {

/// Chunk extensions mean nothing to this server, and a parser without a limit reads them for ever
/// (CVE-2024-22019): one line, and all extensions of a body together, may have so many bytes.
inline constexpr std::size_t most_chunk_line_bytes = 256;
inline constexpr std::size_t most_extension_bytes = std::size_t{4} * 1024;
/// Trailers are read over and dropped: a field that comes after the body must not pass for one that
/// was checked before it.
inline constexpr std::size_t most_trailer_bytes = std::size_t{4} * 1024;

/// The line that begins a chunk.
struct ChunkLine {
  std::uint64_t size = 0;           // 0 ends the body
  std::size_t extension_bytes = 0;  // from the ';' on
};

/// Reads a chunk's first line, without its CRLF. Only digits may stand before the ';' or the end:
/// no sign, no "0x", no blank.
[[nodiscard]] Result<ChunkLine, Refusal> read_chunk_line(std::string_view line);

}  // namespace ops::http1
