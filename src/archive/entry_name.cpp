#include "archive/entry_name.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "archive/utf8.hpp"

namespace ops::archive {
namespace {

constexpr std::size_t longest_part = 255;  // NAME_MAX of every file system that matters

const char* wrong_with_characters(std::string_view name) {
  while (!name.empty()) {
    const auto c = take_code_point(name);
    if (!c) return "its name is not valid UTF-8";
    if (*c < 0x20 || (*c >= 0x7f && *c <= 0x9f)) return "its name has a control character";
    if (*c == '\\') return "its name has a backslash";
    if (*c == ':') return "its name has a colon";
  }
  return nullptr;
}

const char* wrong_with_part(std::string_view part) {
  if (part.empty()) return "its name is empty, or has an empty part, or begins with a slash";
  if (part == "." || part == "..") return "its name has a part \".\" or \"..\"";
  return nullptr;
}

}  // namespace

std::optional<Refusal> judge_name(std::string_view name, const ScanLimits& limits) {
  if (name.size() > limits.name_bytes) {
    return refuse(Rule::name_too_long, name,
                  "its name is longer than " + std::to_string(limits.name_bytes) + " bytes");
  }
  if (const char* why = wrong_with_characters(name)) return refuse(Rule::bad_name, name, why);
  std::size_t depth = 0;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (const char* why = wrong_with_part(part)) return refuse(Rule::bad_name, name, why);
    if (part.size() > longest_part) {
      return refuse(Rule::name_too_long, name, "a part of its name is longer than 255 bytes");
    }
    ++depth;
    begin = end + 1;
  }
  if (depth > limits.depth) {
    return refuse(Rule::too_deep, name,
                  "it lies more than " + std::to_string(limits.depth) + " levels deep");
  }
  return std::nullopt;
}

}  // namespace ops::archive
