#pragma once

#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace ops::cli {

/// What the program can do: the commands of one group, or (empty) of all.
[[nodiscard]] std::string overview(std::string_view group = {});

/// All that there is to say about one command, whose options `app` knows.
[[nodiscard]] std::string help_of(const Command& command, const CLI::App& app);

}  // namespace ops::cli
