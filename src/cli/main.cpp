#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/program.hpp"

namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace

int main(int count, char** arguments) {
  using ops::cli::look_of;
  // A reader that goes away is no reason to die in the middle of a deploy.
  ::signal(SIGPIPE, SIG_IGN);
  const ops::base::SystemClock clock;
  const auto no_color = variable("NO_COLOR");
  const auto term = variable("TERM");
  const ops::cli::Surroundings surroundings{.out = std::cout,
                                            .err = std::cerr,
                                            .in = std::cin,
                                            .out_look = look_of(STDOUT_FILENO, no_color, term),
                                            .err_look = look_of(STDERR_FILENO, no_color, term),
                                            .environment = variable,
                                            .clock = clock};
  return static_cast<int>(
      ops::cli::run_program({arguments + (count > 0 ? 1 : 0), arguments + count}, surroundings));
}
