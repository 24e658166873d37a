#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.hpp"

/// Runs the program inside the test, in surroundings of the test's own.
class CliRun {
 public:
  /// What `ops <arguments>` ends with; its output is in `out` and `err`.
  ops::cli::ExitCode operator()(const std::vector<std::string>& arguments) {
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    std::istringstream in_stream(in);
    const ops::base::SystemClock clock;
    const ops::cli::Surroundings surroundings{
        .out = out_stream,
        .err = err_stream,
        .in = in_stream,
        .out_look = look,
        .err_look = look,
        .environment =
            [this](const std::string& name) {
              const auto found = environment.find(name);
              return found == environment.end() ? std::nullopt : std::optional(found->second);
            },
        .clock = clock,
        .directory = directory};
    const auto code = ops::cli::run_program(arguments, surroundings);
    out = out_stream.str();
    err = err_stream.str();
    return code;
  }

  /// The one JSON object that stands on stdout.
  [[nodiscard]] nlohmann::json json() const {
    return nlohmann::json::parse(out, nullptr, /*allow_exceptions=*/false);
  }

  std::map<std::string, std::string> environment;
  std::string directory = "/proc/nothing-here";  // where nobody can make anything
  std::string in;
  ops::cli::Look look = ops::cli::Look::plain;
  std::string out;
  std::string err;
};

[[nodiscard]] inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
