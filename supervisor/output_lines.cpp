#include "supervisor/output_lines.hpp"

#include <algorithm>
#include <cstring>

#include "supervisor/printable_text.hpp"

namespace ops::supervisor {

void OutputLines::take(Stream stream, std::string_view bytes) {
  Line& line = begun_[static_cast<std::size_t>(stream)];
  for (;;) {
    const auto end = bytes.find('\n');
    append(line, bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    complete(line);
    bytes.remove_prefix(end + 1);
  }
}

// What is beyond the longest line is passed over until the line ends.
void OutputLines::append(Line& line, std::string_view bytes) {
  const std::size_t taken = std::min(bytes.size(), line.bytes.size() - line.size);
  std::memcpy(line.bytes.data() + line.size, bytes.data(), taken);
  line.size = static_cast<std::uint16_t>(line.size + taken);
}

void OutputLines::complete(Line& line) {
  Line& oldest = ring_[count_ % most_lines];
  oldest.size = line.size;
  std::memcpy(oldest.bytes.data(), line.bytes.data(), line.size);
  ++count_;
  line.size = 0;
}

std::vector<std::string> OutputLines::lines() const {
  std::vector<std::string> lines;
  const auto add = [&lines](const Line& line) {
    std::string_view text(line.bytes.data(), line.size);
    if (text.ends_with('\r')) text.remove_suffix(1);
    lines.push_back(printable_text(text, longest_line));
  };
  const auto begun = static_cast<std::size_t>(
      std::ranges::count_if(begun_, [](const Line& line) { return line.size > 0; }));
  const std::size_t completed = std::min(count_, most_lines - begun);
  for (std::size_t i = count_ - completed; i < count_; ++i) add(ring_[i % most_lines]);
  for (const Line& line : begun_) {
    if (line.size > 0) add(line);
  }
  return lines;
}

}  // namespace ops::supervisor
