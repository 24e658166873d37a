#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ops::supervisor {

/// The last lines that a program printed, of its stdout and its stderr together, in the order in
/// which they were completed. About 26 KB, however much is printed; nothing is allocated.
class OutputLines {
 public:
  enum class Stream { output, errors };

  static constexpr std::size_t most_lines = 50;
  static constexpr std::size_t longest_line = 512;

  /// What was printed next: any part of a line, or of many.
  void take(Stream stream, std::string_view bytes);

  /// The oldest first, without their ends, harmless to print, each at most `longest_line` bytes. A
  /// line that was begun and not completed comes last: it may be what the program died in.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Line {
    std::uint16_t size = 0;
    // With room for the rest of a character that the cut goes through.
    std::array<char, longest_line + 3> bytes;
  };

  static void append(Line& line, std::string_view bytes);
  void complete(Line& line);

  std::array<Line, most_lines> ring_;
  std::size_t count_ = 0;  // of all lines that were ever completed
  std::array<Line, 2> begun_;
};

}  // namespace ops::supervisor
