#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/deploy_report.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_result.hpp"
#include "cli/timeout.hpp"
#include "client/names.hpp"

namespace ops::cli {
namespace {

using Json = nlohmann::ordered_json;
struct RollbackOptions {
  SettingFlags settings;
  std::string to = "previous";
  std::string timeout = default_timeout;
  bool dry_run = false;
};

ExitCode tell_what_would_be(Stage& stage, const Settings& settings,
                            const RollbackOptions& options) {
  if (stage.form == Form::json) {
    print_json(stage,
               Json{{"ok", true}, {"dryRun", true}, {"url", settings.url}, {"to", options.to}});
  } else {
    stage.console.result("would roll " + settings.url + " back to " + options.to + " as " +
                         settings.user + "\n");
  }
  return ExitCode::done;
}

ExitCode run(Stage& stage, const RollbackOptions& options) {
  const auto timeout = parse_timeout(options.timeout);
  if (!timeout) return usage_problem(stage, timeout.error().message);
  if (!client::is_rollback_target(options.to)) {
    return usage_problem(stage, "\"" + options.to + "\" names no release: give an id from " +
                                    "`ops deploy history`, \"previous\", \"image\" or, for the "
                                    "second one back, \"@{2}\"");
  }
  const auto settings = load_settings(options.settings, stage.surroundings);
  if (!settings) return usage_problem(stage, settings.error().message);
  if (options.dry_run) return tell_what_would_be(stage, *settings, options);
  warn_if_unencrypted(stage, *settings);
  DeployReport report(stage, *settings);
  report.begin("connecting");
  const Interrupt interrupt;
  const client::Patience patience(stage.surroundings.clock, *timeout, interrupt.fd());
  client::Session session(settings->url, credentials_for(*settings, stage.surroundings));
  client::DeployFlow flow(session, report, patience);
  return report.finish(flow.roll_back(options.to));
}

}  // namespace

Action declare_deploy_rollback(CLI::App& app) {
  auto options = std::make_shared<RollbackOptions>();
  app.add_option("release", options->to,
                 "an id, `previous` (default), `image` or `@{2}`: the second one back")
      ->type_name("ID")
      ->group(arguments_group);
  add_flag(app, "--dry-run", options->dry_run, "send nothing");
  add_json_flag(app);
  app.add_option("--timeout", options->timeout, "give up after so many seconds (default: 1200)")
      ->type_name("SECONDS");
  add_setting_flags(app, options->settings);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
