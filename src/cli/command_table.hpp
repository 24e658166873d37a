#pragma once

#include <span>

#include "cli/command.hpp"

namespace ops::cli {

/// All commands, in the order in which the help lists them.
[[nodiscard]] std::span<const Command> command_table();

}  // namespace ops::cli
