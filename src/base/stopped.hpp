#pragma once

#include "ops/error.hpp"

namespace ops::base {

/// What long work ends with when the std::stop_token it was given asks it to: its outcome is of no
/// use any more.
[[nodiscard]] inline Error stopped() {
  return {"cannot go on: it was stopped", std::make_error_code(std::errc::operation_canceled)};
}

}  // namespace ops::base
