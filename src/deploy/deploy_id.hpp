#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace ops::deploy {

/// "d-", the milliseconds since 1970 in 11 hexadecimal digits, and 9 random ones: ids sort by time,
/// none can be guessed, and each is safe as a file name.
[[nodiscard]] std::string new_deploy_id(const base::Clock& clock);

/// Whether a text from outside may be looked up as a deploy, and become a file name.
[[nodiscard]] bool is_deploy_id(std::string_view text);

}  // namespace ops::deploy
