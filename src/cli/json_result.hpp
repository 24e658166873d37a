#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/command.hpp"

namespace ops::cli {

/// The one line on stdout of a command that was asked for --json.
void print_json(Stage& stage, const nlohmann::ordered_json& object);

}  // namespace ops::cli
