#pragma once

#include <string>
#include <system_error>

namespace ops {

/// Why something could not be done: a sentence for the person who must act, and the operating
/// system's reason for the code that must choose (ENOSPC becomes HTTP 507, EADDRINUSE exit 69).
struct Error {
  /// One line, "cannot X: reason", with what to do where that is known. Never holds a secret.
  std::string message;
  /// Empty where the operating system had no part in it.
  std::error_code reason = {};
};

}  // namespace ops
