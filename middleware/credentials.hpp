#pragma once

#include <string>
#include <string_view>

#include "ops/result.hpp"

namespace ops::middleware {

/// The user that may deploy, and its password.
struct Credentials {
  std::string user;
  std::string password;
};

/// "travelr" reads TRAVELR_DEPLOYBOT_PWD ('-' becomes '_').
[[nodiscard]] std::string password_variable(std::string_view application);

/// Takes the password of `deploybot` out of the environment: it is wiped there, so neither a child
/// nor a reader of /proc/<pid>/environ finds it. An error, fit for the log, when it is not set or
/// shorter than 16 characters. Before any other thread is started: the environment is not protected
/// against them.
[[nodiscard]] Result<Credentials> take_credentials(std::string_view application);

}  // namespace ops::middleware
