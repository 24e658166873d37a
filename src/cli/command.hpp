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

/// How a result is written: for people, or (--json) as one object for programs.
enum class Form { text, json };

/// What a command has to work with.
struct Stage {
  const Surroundings& surroundings;
  Console& console;
  Form form = Form::text;
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

/// The groups of a command's help, besides "Options".
inline constexpr const char* arguments_group = "Arguments";
inline constexpr const char* settings_group = "Settings";

/// Adds --url, --root, --user, --profile and --config.
void add_setting_flags(CLI::App& app, SettingFlags& flags);
/// Adds a flag, which takes no value.
void add_flag(CLI::App& app, const std::string& name, bool& flag, const std::string& description);
/// Adds --json. What it asks for is the stage's form, from the first word on.
void add_json_flag(CLI::App& app, const std::string& description = "print one JSON object");

/// Tells why a command did not do what it was asked for: a line for people and, for a program that
/// reads, the object {"ok":false,"error"}. Returns `code`.
[[nodiscard]] ExitCode fail(Stage& stage, ExitCode code, const std::string& message);

/// Says that an argument or a setting is wrong.
[[nodiscard]] ExitCode usage_problem(Stage& stage, const std::string& message);

Action declare_audit_verify(CLI::App& app);
Action declare_deploy_quick(CLI::App& app);
Action declare_deploy_zip(CLI::App& app);
Action declare_deploy_history(CLI::App& app);
Action declare_deploy_rollback(CLI::App& app);
Action declare_tool_post(CLI::App& app);
Action declare_tool_authenticate(CLI::App& app);

}  // namespace ops::cli
