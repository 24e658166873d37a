#pragma once

#include <string>

#include "ops/result.hpp"

namespace ops::base {

/// Removes `name` below the open directory `parent`, with all that is in it. Follows no symbolic
/// link and stays on what it opened, so nothing outside can be reached by a tree that changes
/// meanwhile. Directories that deny access are opened up first. It is no error when `name` is not
/// there.
[[nodiscard]] Result<void> remove_tree(int parent, const std::string& name);

/// Copies `from` (a file, a symbolic link or a directory with all that is in it) below the open
/// directory `from_parent` to the new name `to` below `to_parent`. Blocks are shared with the
/// original where the file system can (reflink); modes are kept, links stay links, special files
/// are an error.
[[nodiscard]] Result<void> copy_tree(int from_parent, const std::string& from, int to_parent,
                                     const std::string& to);

}  // namespace ops::base
