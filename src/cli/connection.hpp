#pragma once

#include "cli/command.hpp"
#include "client/session.hpp"

namespace ops::cli {

/// How the application of `settings` is signed in to. The password is read when it is sent.
[[nodiscard]] client::Credentials credentials_for(const Settings& settings,
                                                  const Surroundings& surroundings);

/// Warns where the password would cross a network unencrypted.
void warn_if_unencrypted(Stage& stage, const Settings& settings);

/// What the person who reads of a failure may do about it; empty where the message says it all.
[[nodiscard]] std::string remedy(const client::Failure& failure, const Settings& settings,
                                 const Surroundings& surroundings);

/// Tells a failure, with what to do about it, and what the program ends with.
[[nodiscard]] ExitCode report_failure(Stage& stage, const Settings& settings,
                                      const client::Failure& failure);

}  // namespace ops::cli
