#include "cli/command.hpp"

namespace ops::cli {

void add_setting_flags(CLI::App& app, SettingFlags& flags) {
  const std::string group = "Settings";
  app.add_option("--url", flags.url, "the server (default: ops.json, http://127.0.0.1:8080)")
      ->type_name("URL")
      ->group(group);
  app.add_option("--root", flags.root, "the directory to deploy (default: ops.json, .)")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--user", flags.user, "who signs in (default: ops.json, deploybot)")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--profile", flags.profile, "a profile of ops.json (default: <APP>_CONFIG)")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--config", flags.config, "instead of ops.json in --root or here")
      ->type_name("FILE")
      ->group(group);
}

ExitCode usage_problem(Stage& stage, const std::string& message) {
  stage.console.problem(message);
  return ExitCode::usage;
}

}  // namespace ops::cli
