#pragma once

#include <string>

#include "base/unique_fd.hpp"

/// A connection to the unix socket at `path`; what it waits for has a deadline.
[[nodiscard]] ops::base::UniqueFd connect_at(const std::string& path);

/// Connects to the unix socket at `path`, sends `question`, and returns all that is answered: to
/// the end, or, where something was asked, to the end of the line.
[[nodiscard]] std::string ask_at(const std::string& path, const std::string& question = {});
