#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/connection.hpp"
#include "cli/json_result.hpp"
#include "cli/timeout.hpp"

namespace ops::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AuthenticateOptions {
  SettingFlags settings;
  bool dry_run = false;
};

void tell(Stage& stage, const client::HttpHeaders& headers, const client::AuthKey& key) {
  if (stage.form == Form::text) {
    for (const auto& [name, value] : headers) stage.console.result(name + ": " + value + "\n");
    return;
  }
  Json fields;
  for (const auto& [name, value] : headers) fields[name] = value;
  print_json(stage,
             Json{{"ok", true}, {"headers", std::move(fields)}, {"expiresAt", key.expires_at}});
}

void tell_what_would_be(Stage& stage, const Settings& settings,
                        const client::Credentials& credentials) {
  if (stage.form == Form::json) {
    print_json(stage, Json{{"ok", true},
                           {"dryRun", true},
                           {"url", settings.url},
                           {"user", credentials.user},
                           {"device", credentials.device}});
  } else {
    stage.console.result("would sign in to " + settings.url + " as " + credentials.user + " on " +
                         credentials.device + "\n");
  }
}

ExitCode run(Stage& stage, const AuthenticateOptions& options) {
  const auto settings = load_settings(options.settings, stage.surroundings);
  if (!settings) return usage_problem(stage, settings.error().message);
  client::Session session(settings->url, credentials_for(*settings, stage.surroundings));
  if (options.dry_run) {
    tell_what_would_be(stage, *settings, session.credentials());
    return ExitCode::done;
  }
  warn_if_unencrypted(stage, *settings);
  const client::Patience patience(stage.surroundings.clock, question_limit);
  const auto key = session.key(patience);
  if (!key) return report_failure(stage, *settings, key.error());
  tell(stage, client::auth_headers(session.credentials(), *key), *key);
  return ExitCode::done;
}

}  // namespace

Action declare_tool_authenticate(CLI::App& app) {
  auto options = std::make_shared<AuthenticateOptions>();
  add_flag(app, "--dry-run", options->dry_run, "send nothing");
  add_json_flag(app);
  add_setting_flags(app, options->settings);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
