#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::archive {

/// Makes directories and files below an open directory, and nowhere else: every part of a path is
/// opened from its parent and never through a symbolic link. Keeps the directories on the way to
/// the last path open, so neighbours cost no second walk. Paths are those of a scanned archive.
class TargetTree {
 public:
  /// `root` stays the caller's and must outlive the tree.
  explicit TargetTree(int root) : root_(root) {}

  /// Makes the directory, and those above it, where they are missing.
  [[nodiscard]] Result<void> make_directory(std::string_view path);
  /// A new file, open for writing and reading, with exactly this mode; what exists already is an
  /// error.
  [[nodiscard]] Result<base::UniqueFd> make_file(std::string_view path, unsigned mode);
  /// Takes a file away that was made here.
  [[nodiscard]] Result<void> remove_file(std::string_view path);

 private:
  struct Level {
    std::string name;
    base::UniqueFd fd;
  };

  [[nodiscard]] int innermost() const { return open_.empty() ? root_ : open_.back().fd.get(); }
  /// Opens the directory that a path lies in; what is left is its last part.
  [[nodiscard]] Result<std::string> enter_parent(std::string_view path);
  [[nodiscard]] Result<void> enter(std::string_view path);
  [[nodiscard]] Result<void> enter_part(std::string_view part, std::string_view path);

  int root_;
  std::vector<Level> open_;  // from the root inwards
};

}  // namespace ops::archive
