#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/deploy_report.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_result.hpp"
#include "cli/timeout.hpp"
#include "cli/units.hpp"

namespace ops::cli {
namespace {

using Json = nlohmann::ordered_json;
struct QuickOptions {
  SettingFlags settings;
  std::string timeout = default_timeout;
  bool force = false;
  bool dry_run = false;
};

void tell_steps(DeployReport& report, const client::Package& package) {
  const auto& tree = package.tree;
  report.step("scanned", in_files(tree.files.size()) + ", " + in_bytes(tree.bytes) + " in " +
                             in_time(package.scanning));
  report.step("packed", in_bytes(package.zip_bytes) + " in " + in_time(package.packing));
}

ExitCode tell_what_would_be(Stage& stage, const Settings& settings,
                            const client::Package& package) {
  const auto& tree = package.tree;
  if (stage.form == Form::json) {
    print_json(stage, Json{{"ok", true},
                           {"dryRun", true},
                           {"url", settings.url},
                           {"files", tree.files.size()},
                           {"bytes", tree.bytes},
                           {"zipBytes", package.zip_bytes},
                           {"sha256", package.sha256}});
  } else {
    stage.console.result("would deploy " + settings.root + " (" + in_files(tree.files.size()) +
                         ", " + in_bytes(tree.bytes) + ") to " + settings.url + " as " +
                         settings.user + "\n");
  }
  return ExitCode::done;
}

ExitCode deploy(Stage& stage, const Settings& settings, const QuickOptions& options,
                std::chrono::milliseconds timeout) {
  DeployReport report(stage, settings);
  auto package = client::make_package(settings.root);
  if (!package) {
    return report.finish(
        {.failure = client::Failure{client::FailureKind::other, package.error().message}});
  }
  tell_steps(report, *package);
  if (options.dry_run) return tell_what_would_be(stage, settings, *package);
  report.begin("connecting");
  warn_if_unencrypted(stage, settings);
  const Interrupt interrupt;
  const client::Patience patience(stage.surroundings.clock, timeout, interrupt.fd());
  client::Session session(settings.url, credentials_for(settings, stage.surroundings));
  client::DeployFlow flow(session, report, patience);
  const auto failed_before =
      options.force ? client::FailedBefore::try_again : client::FailedBefore::refuse;
  return report.finish(flow.quick_deploy(*package, failed_before));
}

ExitCode run(Stage& stage, const QuickOptions& options) {
  const auto timeout = parse_timeout(options.timeout);
  if (!timeout) return usage_problem(stage, timeout.error().message);
  const auto settings = load_settings(options.settings, stage.surroundings);
  if (!settings) return usage_problem(stage, settings.error().message);
  if (auto fine = check_root(*settings); !fine) return usage_problem(stage, fine.error().message);
  return deploy(stage, *settings, options, *timeout);
}

}  // namespace

Action declare_deploy_quick(CLI::App& app) {
  auto options = std::make_shared<QuickOptions>();
  add_flag(app, "--force", options->force, "deploy a release that failed its trial before");
  add_flag(app, "--dry-run", options->dry_run, "find and pack the files, send nothing");
  add_json_flag(app);
  app.add_option("--timeout", options->timeout, "give up after so many seconds (default: 1200)")
      ->type_name("SECONDS");
  add_setting_flags(app, options->settings);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
