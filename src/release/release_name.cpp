#include "release/release_name.hpp"

#include <algorithm>
#include <array>

namespace ops::release {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::array<std::string_view, 9> taken_names = {
    "current",  "previous", "releases.log", "releases.log.1", "logs", "manifests",
    "auth.key", "staging",  "lock"};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

bool is_release_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name || name.front() == '.') return false;
  if (!std::all_of(name.begin(), name.end(), is_name_byte)) return false;
  return std::find(taken_names.begin(), taken_names.end(), name) == taken_names.end();
}

}  // namespace ops::release
