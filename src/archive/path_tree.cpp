#include "archive/path_tree.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "archive/name_key.hpp"
#include "archive/utf8.hpp"

namespace ops::archive {

std::optional<Refusal> PathTree::add(std::string_view path, EntryKind kind) {
  if (path.size() > name_bytes_left_) {
    return refuse(Rule::too_large, path,
                  "with it the names in the archive take more than " +
                      std::to_string(limits_.all_name_bytes) + " bytes");
  }
  name_bytes_left_ -= path.size();
  std::uint32_t parent = 0;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (end == path.size()) {
      const Standing last = kind == EntryKind::file ? Standing::file : Standing::directory;
      return add_part(path, part, last, parent);
    }
    if (auto refusal = add_part(path, part, Standing::implied_directory, parent)) return refusal;
    begin = end + 1;
  }
}

// On return `parent` is the part's own id, for the next part.
std::optional<Refusal> PathTree::add_part(std::string_view path, std::string_view part,
                                          Standing wanted, std::uint32_t& parent) {
  const auto next_id = static_cast<std::uint32_t>(nodes_.size() + 1);
  const std::string key = name_key(part);
  const auto [position, is_new] =
      nodes_.try_emplace(std::to_string(parent) + '/' + key,
                         Node{next_id, key == part ? std::string() : std::string(part), wanted});
  Node& node = position->second;
  parent = node.id;
  if (is_new) {
    if (wanted == Standing::file) return std::nullopt;
    if (directories_left_ == 0) {
      return refuse(Rule::too_many_entries, path, "the archive makes too many directories");
    }
    --directories_left_;
    return std::nullopt;
  }
  const std::string_view spelling(node.spelling.empty() ? key : node.spelling);
  if (spelling != part) {
    return refuse(Rule::duplicate_name, path,
                  "its name differs from \"" + printable(spelling) +
                      "\" only by case or Unicode normal form");
  }
  if ((node.standing == Standing::file) != (wanted == Standing::file)) {
    return refuse(Rule::file_is_directory, path,
                  printable(part) + " is a file and a directory in the same archive");
  }
  if (wanted == Standing::implied_directory) return std::nullopt;
  if (node.standing != Standing::implied_directory) {
    return refuse(Rule::duplicate_name, path, "its name occurs twice");
  }
  node.standing = Standing::directory;
  return std::nullopt;
}

}  // namespace ops::archive
