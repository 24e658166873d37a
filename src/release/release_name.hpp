#pragma once

#include <string_view>

namespace ops::release {

/// Whether `name`, read from a link or a journal line, may become a path below the releases
/// directory: letters, digits, '.', '_' and '-', not starting with '.', and none of the names that
/// mean something else there. Otherwise names are opaque.
[[nodiscard]] bool is_release_name(std::string_view name);

}  // namespace ops::release
