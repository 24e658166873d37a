#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/glob.hpp"

namespace ops::client {

enum class PathKind { file, directory };
enum class Verdict { left_out, kept };

/// The rules of one file of the form that gitignore(5) describes. They are about what lies in the
/// directory that holds the file, and below.
class IgnoreRules {
 public:
  explicit IgnoreRules(std::string_view text);

  /// What the last rule that matches says; nothing where none does. `path` is relative to the
  /// directory of the file. Whether a directory above is left out is the caller's to know: nothing
  /// in it can be kept then.
  [[nodiscard]] std::optional<Verdict> judge(std::string_view path, PathKind kind) const;

  [[nodiscard]] bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    Glob glob;
    Verdict verdict;
    bool directories_only;
    bool whole_path;  // else it is about the last part of a path, at any depth
  };

  void add_line(std::string_view line);

  std::vector<Rule> rules_;
};

}  // namespace ops::client
