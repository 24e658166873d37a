#include "cli/suggestion.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace ops::cli {
namespace {

constexpr std::size_t farthest = 2;

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view suggestion(std::string_view typed, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;
  if (typed.size() > longest) return {};
  std::string_view nearest;
  std::size_t nearest_distance = farthest + 1;
  for (const std::string_view word : known) {
    const std::size_t found = distance(typed, word);
    if (found >= nearest_distance || found >= word.size()) continue;
    nearest = word;
    nearest_distance = found;
  }
  return nearest;
}

}  // namespace ops::cli
