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

void tell_scan(DeployReport& report, const client::Sources& sources) {
  report.step("scanned", in_files(sources.manifest.entries().size()) + ", " +
                             in_bytes(sources.bytes) + " in " + in_time(sources.scanning));
}

ExitCode tell_what_would_be(Stage& stage, const Settings& settings, const client::Sources& sources,
                            const client::Package& package) {
  const std::size_t files = sources.manifest.entries().size();
  if (stage.form == Form::json) {
    print_json(stage, Json{{"ok", true},
                           {"dryRun", true},
                           {"url", settings.url},
                           {"files", files},
                           {"bytes", sources.bytes},
                           {"zipBytes", package.zip_bytes},
                           {"sha256", package.sha256}});
  } else {
    stage.console.result("would deploy " + settings.root + " (" + in_files(files) + ", " +
                         in_bytes(sources.bytes) + ") to " + settings.url + " as " + settings.user +
                         "\n");
  }
  return ExitCode::done;
}

ExitCode rehearse(Stage& stage, const Settings& settings, DeployReport& report,
                  const client::Sources& sources) {
  const auto package = client::pack(sources);
  if (package) return tell_what_would_be(stage, settings, sources, *package);
  return report.finish(
      {.failure = client::Failure{client::FailureKind::other, package.error().message}});
}

ExitCode deploy(Stage& stage, const Settings& settings, const QuickOptions& options,
                std::chrono::milliseconds timeout) {
  DeployReport report(stage, settings);
  const auto sources = client::find_sources(settings.root);
  if (!sources) {
    return report.finish(
        {.failure = client::Failure{client::FailureKind::other, sources.error().message}});
  }
  tell_scan(report, *sources);
  if (options.dry_run) return rehearse(stage, settings, report, *sources);
  report.begin("connecting");
  warn_if_unencrypted(stage, settings);
  const Interrupt interrupt;
  const client::Patience patience(stage.surroundings.clock, timeout, interrupt.fd());
  client::Session session(settings.url, credentials_for(settings, stage.surroundings));
  client::DeployFlow flow(session, report, patience);
  const auto failed_before =
      options.force ? client::FailedBefore::try_again : client::FailedBefore::refuse;
  const client::KnownSources known(known_sources_directory(stage.surroundings));
  return report.finish(flow.quick_deploy(*sources, failed_before, known));
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
