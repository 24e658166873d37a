#pragma once

#include <string>

#include "tree_snapshot.hpp"

/// Zips as programs write them that are not at hand where tests run, byte for byte in what matters:
/// flags, methods, descriptors, extra fields, attributes, entries for directories. `files` is what
/// files_of() tells.
namespace foreign {

/// Go's archive/zip with Writer.AddFS or CreateHeader.
[[nodiscard]] std::string go_zip(const TreeSnapshot& files);

/// macOS: Finder's Archive Utility and ditto, with a file of its own in __MACOSX beside each one.
[[nodiscard]] std::string mac_zip(const TreeSnapshot& files);
/// ditto --norsrc, with the newer field for owners.
[[nodiscard]] std::string ditto_zip(const TreeSnapshot& files);

/// Windows: Explorer's "Send to compressed folder".
[[nodiscard]] std::string explorer_zip(const TreeSnapshot& files);
/// .NET's ZipFile.CreateFromDirectory, since it writes slashes (4.6.1).
[[nodiscard]] std::string dotnet_zip(const TreeSnapshot& files);
/// 7-Zip for Windows.
[[nodiscard]] std::string windows_7z_zip(const TreeSnapshot& files);

}  // namespace foreign
