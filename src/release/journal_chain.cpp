#include "release/journal_chain.hpp"

#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "release/journal_line.hpp"
#include "release/whole_lines.hpp"

namespace ops::release {
namespace {

std::string continued_by(std::string_view first_line) {
  const auto entry = from_line(first_line);
  const bool says_it = entry && *entry && (*entry)->event == EventKind::compacted;
  return says_it ? (*entry)->hash : std::string();
}

}  // namespace

Result<JournalChain> read_chain(int file, const std::stop_token& stop) {
  WholeLines lines(file, 0);
  JournalChain chain;
  while (!stop.stop_requested()) {
    const auto line = lines.next();
    if (!line) return line.error();
    if (!*line) break;
    ++chain.lines;
    if (chain.lines == 1) chain.continues = continued_by(**line);
    if (previous_hash(**line) != chain.last) {
      return Error{"line " + std::to_string(chain.lines) +
                   ": it does not carry the hash of the line before, so one of the two was changed "
                   "or a line is missing"};
    }
    chain.last = base::to_hex(base::sha256(**line));
  }
  return chain;
}

}  // namespace ops::release
