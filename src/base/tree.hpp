#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "ops/result.hpp"

namespace ops::base {

/// The names in an open directory but "." and "..", in no order.
[[nodiscard]] Result<std::vector<std::string>> names_in(int directory);

/// Removes `name` below the open directory `parent`, with all that is in it. Follows no symbolic
/// link and stays on what it opened, so nothing outside can be reached by a tree that changes
/// meanwhile. Directories that deny access are opened up first. It is no error when `name` is not
/// there, or somebody else removes it, too. Stopped, it leaves the rest.
[[nodiscard]] Result<void> remove_tree(int parent, const std::string& name,
                                       const std::stop_token& stop = {});

/// Copies `from` (a file, a symbolic link or a directory with all that is in it) below the open
/// directory `from_parent` to the new name `to` below `to_parent`. Blocks are shared with the
/// original where the file system can (reflink); modes are kept, links stay links, special files
/// are an error. Stopped, it leaves what was copied by then.
[[nodiscard]] Result<void> copy_tree(int from_parent, const std::string& from, int to_parent,
                                     const std::string& to, const std::stop_token& stop = {});

}  // namespace ops::base
