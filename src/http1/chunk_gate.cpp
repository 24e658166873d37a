#include "http1/chunk_gate.hpp"

#include <charconv>

#include "http1/field.hpp"

namespace ops::http1 {

Result<ChunkLine, Refusal> read_chunk_line(std::string_view line) {
  if (line.size() > most_chunk_line_bytes) return Refusal{413, "a chunk's first line is too long"};
  ChunkLine chunk;
  // from_chars takes no sign for an unsigned number, no "0x" and no blanks.
  const auto [end, failure] =
      std::from_chars(line.data(), line.data() + line.size(), chunk.size, 16);
  if (failure != std::errc()) return Refusal{400, "a chunk's size is not a hexadecimal number"};
  const std::string_view extension = line.substr(static_cast<std::size_t>(end - line.data()));
  if (!extension.empty() && (extension.front() != ';' || !is_field_value(extension))) {
    return Refusal{400, "a chunk's first line is not \"size\" or \"size;extension\""};
  }
  chunk.extension_bytes = extension.size();
  return chunk;
}

}  // namespace ops::http1
