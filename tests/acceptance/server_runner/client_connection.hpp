#pragma once

#include <string>

/// Connects to the unix socket at `path`, sends `question`, and returns all that is answered: to
/// the end, or, where something was asked, to the end of the line.
[[nodiscard]] std::string ask_at(const std::string& path, const std::string& question = {});
