#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "archive/refusal.hpp"
#include "archive/zip_scan.hpp"

namespace ops::archive {

/// The tree that a list of paths would make, and whether they can live in it together: no path
/// twice, no file that is also a directory, no two spellings of one name. Memory grows with the
/// length of the names only, however deep they nest.
class PathTree {
 public:
  /// At most `entries` directories, named or implied by what lies in them, and `all_name_bytes`.
  explicit PathTree(const ScanLimits& limits)
      : limits_(limits),
        directories_left_(limits.entries),
        name_bytes_left_(limits.all_name_bytes) {}

  /// Adds a path that judge_name() let pass. A directory may be implied first and named once later.
  [[nodiscard]] std::optional<Refusal> add(std::string_view path, EntryKind kind);

 private:
  enum class Standing { file, directory, implied_directory };
  struct Node {
    std::uint32_t id;
    std::string spelling;  // empty where it is the key
    Standing standing;
  };

  std::optional<Refusal> add_part(std::string_view path, std::string_view part, Standing wanted,
                                  std::uint32_t& parent);

  ScanLimits limits_;
  std::size_t directories_left_;
  std::size_t name_bytes_left_;
  std::unordered_map<std::string, Node> nodes_;  // by the parent's id and the name's key
};

}  // namespace ops::archive
