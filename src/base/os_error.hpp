#pragma once

#include <cerrno>
#include <string_view>

#include "ops/error.hpp"

namespace ops::base {

/// `action` in the form "cannot open /srv/app"; the result reads "cannot open /srv/app: Permission
/// denied".
[[nodiscard]] Error os_error(std::string_view action, int number = errno);

}  // namespace ops::base
