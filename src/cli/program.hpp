#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/surroundings.hpp"

namespace ops::cli {

/// The program `ops`: `arguments` without the program's own name.
[[nodiscard]] ExitCode run_program(const std::vector<std::string>& arguments,
                                   const Surroundings& surroundings);

}  // namespace ops::cli
