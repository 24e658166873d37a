#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "ops/result.hpp"

namespace ops::release {

/// A file of journal lines of which each carries the hash of the line before. Lines that were cut
/// off at its end do not show: whoever wants to see that keeps `last` elsewhere.
struct JournalChain {
  std::size_t lines = 0;
  std::string last = {};       // the hash of its last line; empty where it has none
  std::string continues = {};  // of a journal that was made shorter: `last` of the one put aside
};

/// Reads `file` from its beginning. The error names the first line that does not carry the hash of
/// the one before. A torn last line is not looked at.
[[nodiscard]] Result<JournalChain> read_chain(int file, const std::stop_token& stop = {});

}  // namespace ops::release
