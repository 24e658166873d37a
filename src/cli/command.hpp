#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/settings.hpp"
#include "cli/surroundings.hpp"

namespace ops::cli {

/// What a command has to work with.
struct Stage {
  const Surroundings& surroundings;
  Console& console;
};

/// What a parsed command line does.
using Action = std::function<ExitCode(Stage&)>;

/// One command, in the file named after it. `declare` adds its options to `app` and returns what it
/// does with them; `app` lives until that has been done.
struct Command {
  std::string_view group;
  std::string_view name;
  std::string_view summary;   // one line, for the list of commands
  std::string_view examples;  // for its help, one a line
  Action (*declare)(CLI::App& app);
};

/// Adds --url, --root, --user, --profile and --config.
void add_setting_flags(CLI::App& app, SettingFlags& flags);

/// Says that an argument is wrong.
[[nodiscard]] ExitCode usage_problem(Stage& stage, const std::string& message);

Action declare_deploy_quick(CLI::App& app);
Action declare_deploy_zip(CLI::App& app);
Action declare_deploy_history(CLI::App& app);
Action declare_deploy_rollback(CLI::App& app);
Action declare_tool_post(CLI::App& app);
Action declare_tool_authenticate(CLI::App& app);

}  // namespace ops::cli
