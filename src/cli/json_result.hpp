#pragma once

#include "cli/command.hpp"

namespace ops::cli {

/// Prints the one line on stdout of a command that was asked for --json. `object` is a JSON value;
/// its texts may hold anything.
template <typename Json>
void print_json(Stage& stage, const Json& object) {
  stage.console.result(object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace ops::cli
