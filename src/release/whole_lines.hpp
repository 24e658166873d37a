#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ops/result.hpp"

namespace ops::release {

/// The lines of an open file, from an offset on, piece by piece. What follows the last line feed is
/// no line yet: it is being written, or was torn off by a power cut.
class WholeLines {
 public:
  /// `file` must stay open meanwhile; `offset` is where a line begins.
  WholeLines(int file, std::uint64_t offset) : file_(file), end_(offset), read_(offset) {}

  /// Without its line feed, valid until the next call; nothing after the last one. A line that is
  /// longer than any that was written here is given as an empty one.
  [[nodiscard]] Result<std::optional<std::string_view>> next();

  /// Where the line that was given last ends, its line feed included.
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  [[nodiscard]] Result<std::size_t> read_more();

  int file_;
  std::uint64_t end_;
  std::uint64_t read_;       // how far the file was read
  std::string buffer_;       // what was read and not given
  std::size_t begin_ = 0;    // of the next line, there
  std::size_t scanned_ = 0;  // no line feed before it
  bool too_long_ = false;    // the beginning of the line was let go
};

}  // namespace ops::release
