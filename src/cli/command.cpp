#include "cli/command.hpp"

#include <nlohmann/json.hpp>

#include "cli/json_result.hpp"

namespace ops::cli {

using Json = nlohmann::ordered_json;

void add_setting_flags(CLI::App& app, SettingFlags& flags) {
  app.add_option("--url", flags.url, "the server (default: ops.json, http://127.0.0.1:8080)")
      ->type_name("URL")
      ->group(settings_group);
  app.add_option("--root", flags.root, "the directory to deploy (default: ops.json, .)")
      ->type_name("DIR")
      ->group(settings_group);
  app.add_option("--user", flags.user, "who signs in (default: ops.json, deploybot)")
      ->type_name("NAME")
      ->group(settings_group);
  app.add_option("--profile", flags.profile, "a profile of ops.json (default: <APP>_CONFIG)")
      ->type_name("NAME")
      ->group(settings_group);
  app.add_option("--config", flags.config, "read this file instead of ops.json")
      ->type_name("FILE")
      ->group(settings_group);
}

void add_flag(CLI::App& app, const std::string& name, bool& flag, const std::string& description) {
  app.add_flag(name, flag, description)->disable_flag_override();
}

void add_json_flag(CLI::App& app, const std::string& description) {
  app.add_flag("--json", description)->disable_flag_override();
}

ExitCode fail(Stage& stage, ExitCode code, const std::string& message) {
  stage.console.problem(message);
  if (stage.form == Form::json) print_json(stage, Json{{"ok", false}, {"error", message}});
  return code;
}

ExitCode usage_problem(Stage& stage, const std::string& message) {
  return fail(stage, ExitCode::usage, message);
}

}  // namespace ops::cli
