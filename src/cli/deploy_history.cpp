#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/connection.hpp"
#include "cli/json_result.hpp"
#include "cli/printable.hpp"
#include "cli/timeout.hpp"
#include "client/release_history.hpp"

namespace ops::cli {
namespace {

using client::ReleaseVersion;

struct HistoryOptions {
  SettingFlags settings;
};

nlohmann::ordered_json as_json(const std::vector<ReleaseVersion>& history) {
  nlohmann::ordered_json versions = nlohmann::ordered_json::array();
  for (const ReleaseVersion& version : history) {
    versions.push_back({{"release", version.release},
                        {"serves", version.serves},
                        {"state", version.state},
                        {"createdAt", version.created_at}});
  }
  return {{"ok", true}, {"versions", std::move(versions)}};
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

// Columns for people; for programs tabs and no heading.
std::string as_lines(const std::vector<ReleaseVersion>& history, Look look) {
  const bool columns = look == Look::terminal;
  const auto cell = [columns](const std::string& text, std::size_t width) {
    return columns ? padded(text, width) + "  " : text + "\t";
  };
  std::string lines;
  if (columns) lines = cell("release", 12) + cell("", 7) + cell("state", 7) + "created\n";
  for (const ReleaseVersion& version : history) {
    lines += cell(version.release, 12) + cell(version.serves ? "serving" : "", 7) +
             cell(printable(version.state), 7) + printable(version.created_at) + "\n";
  }
  return lines;
}

ExitCode run(Stage& stage, const HistoryOptions& options) {
  const auto settings = load_settings(options.settings, stage.surroundings);
  if (!settings) return usage_problem(stage, settings.error().message);
  warn_if_unencrypted(stage, *settings);
  const client::Patience patience(stage.surroundings.clock, question_limit);
  client::Session session(settings->url, credentials_for(*settings, stage.surroundings));
  const auto history = client::read_history(session, patience);
  if (!history) return report_failure(stage, *settings, history.error());
  if (stage.form == Form::json) {
    print_json(stage, as_json(*history));
  } else {
    stage.console.result(as_lines(*history, stage.surroundings.out_look));
  }
  return ExitCode::done;
}

}  // namespace

Action declare_deploy_history(CLI::App& app) {
  auto options = std::make_shared<HistoryOptions>();
  add_json_flag(app);
  add_setting_flags(app, options->settings);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
