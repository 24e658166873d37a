#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/connection.hpp"

namespace ops::cli {
namespace {

constexpr std::chrono::seconds longest_wait{60};

struct Options {
  SettingFlags settings;
  bool json = false;
  bool dry_run = false;
};

void tell(Stage& stage, const client::HttpHeaders& headers, const client::AuthKey& key,
          const Options& options) {
  if (!options.json) {
    for (const auto& [name, value] : headers) stage.console.result(name + ": " + value + "\n");
    return;
  }
  nlohmann::ordered_json fields;
  for (const auto& [name, value] : headers) fields[name] = value;
  const nlohmann::ordered_json object{
      {"ok", true}, {"headers", std::move(fields)}, {"expiresAt", key.expires_at}};
  stage.console.result(
      object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

ExitCode run(Stage& stage, const Options& options) {
  const auto settings = load_settings(options.settings, stage.surroundings);
  if (!settings) return usage_problem(stage, settings.error().message);
  client::Session session(settings->url, credentials_for(*settings, stage.surroundings));
  if (options.dry_run) {
    stage.console.result("would sign in to " + settings->url + " as " + settings->user + " on " +
                         session.credentials().device + "\n");
    return ExitCode::done;
  }
  warn_if_unencrypted(stage, *settings);
  const client::Patience patience(stage.surroundings.clock, longest_wait);
  const auto key = session.key(patience);
  if (!key) return report_failure(stage, *settings, key.error());
  tell(stage, client::auth_headers(session.credentials(), *key), *key, options);
  return ExitCode::done;
}

}  // namespace

Action declare_tool_authenticate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_flag("--dry-run", options->dry_run, "send nothing");
  app.add_flag("--json", options->json, "print one JSON object");
  add_setting_flags(app, options->settings);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
