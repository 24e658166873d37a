#pragma once

#include <filesystem>
#include <map>
#include <string>

/// What lies below a directory: path → type, mode, number of names, contents or link target. Two
/// equal snapshots mean that nothing was made, changed, linked or removed.
using TreeSnapshot = std::map<std::string, std::string>;

[[nodiscard]] TreeSnapshot snapshot(const std::filesystem::path& root);

/// Only the regular files: path → mode and contents, as "644 …".
[[nodiscard]] TreeSnapshot files_of(const std::filesystem::path& root);

/// The first thing in the tree that extraction may never make: neither a plain file of mode 0644 or
/// 0755 with one name nor a directory of mode 0755. Empty where there is none.
[[nodiscard]] std::string first_oddity(const std::filesystem::path& root);
