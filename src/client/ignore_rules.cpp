#include "client/ignore_rules.hpp"

#include <algorithm>

namespace ops::client {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// Spaces at the end do not count, unless a backslash stands before them.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escapes = line[i] == '\\';
    if (escapes && ++i == line.size()) return line;
    if (escapes || line[i] != ' ') end = i + 1;
  }
  return line.substr(0, end);
}

std::string_view last_part(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    add_line(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<Verdict> IgnoreRules::judge(std::string_view path, PathKind kind) const {
  const auto matches = [path, kind](const Rule& rule) {
    if (rule.directories_only && kind != PathKind::directory) return false;
    return rule.glob.matches(rule.whole_path ? path : last_part(path));
  };
  const auto last = std::find_if(rules_.rbegin(), rules_.rend(), matches);
  if (last == rules_.rend()) return std::nullopt;
  return last->verdict;
}

void IgnoreRules::add_line(std::string_view line) {
  if (line.starts_with('#')) return;
  line = without_trailing_spaces(line);
  const Verdict verdict = line.starts_with('!') ? Verdict::kept : Verdict::left_out;
  if (verdict == Verdict::kept) line.remove_prefix(1);
  const bool directories_only = line.ends_with('/');
  if (directories_only) line.remove_suffix(1);
  if (line.empty()) return;
  const bool whole_path = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  rules_.push_back({Glob(line), verdict, directories_only, whole_path});
}

}  // namespace ops::client
