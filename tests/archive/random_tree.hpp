#pragma once

#include <random>
#include <string>
#include <vector>

#include "archive/zip_create.hpp"
#include "temporary_directory.hpp"

/// Makes a tree of files with odd names, sizes, contents and modes below `root`; the same seed
/// makes the same tree. Returns the files in no particular order.
[[nodiscard]] std::vector<ops::archive::SourceFile> make_random_tree(const TemporaryDirectory& root,
                                                                     unsigned seed);
