#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/command.hpp"
#include "cli/connection.hpp"
#include "cli/json_result.hpp"
#include "cli/post_body.hpp"
#include "cli/printable.hpp"
#include "cli/timeout.hpp"
#include "cli/units.hpp"

namespace ops::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t largest_answer = std::size_t{64} << 20;

struct PostOptions {
  SettingFlags settings;
  std::string path;
  std::string data;
  std::vector<std::string> headers;
  std::string timeout = "60";
  bool dry_run = false;
};

// What the server asks for a key.
bool is_admin_path(const std::string& path) {
  return path.starts_with("/admin/") || path.starts_with("/metrics/requests");
}

Result<void> check_path(const std::string& path) {
  const auto visible = [](char c) { return c > ' ' && c != 0x7f; };
  if (path.starts_with('/') && std::ranges::all_of(path, visible) &&
      path.find('#') == std::string::npos) {
    return {};
  }
  return Error{"\"" + path + "\" is no path: it begins with / and holds no spaces and no #"};
}

Result<client::HttpHeaders> read_headers(const std::vector<std::string>& texts) {
  client::HttpHeaders headers;
  bool has_type = false;
  for (const std::string& text : texts) {
    auto header = parse_header(text);
    if (!header) return header.error();
    constexpr std::string_view type = "content-type";
    has_type = has_type || std::ranges::equal(header->first, type, {}, [](unsigned char c) {
                 return static_cast<char>(std::tolower(c));
               });
    headers.push_back(*std::move(header));
  }
  if (!has_type) headers.emplace_back("content-type", "application/json");
  return headers;
}

// As it is for a program; on a terminal so that it does nothing there but stand.
void show_body(Stage& stage, const std::string& body) {
  if (stage.surroundings.out_look == Look::plain || body.empty()) return stage.console.result(body);
  const std::string text = printable(body, Lines::many);
  stage.console.result(text.ends_with('\n') ? text : text + "\n");
}

Json as_json(const client::HttpResponse& response, const std::string& problem) {
  auto body = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) body = response.body;
  Json object{{"ok", problem.empty()}, {"status", response.status}, {"body", std::move(body)}};
  if (!problem.empty()) object["error"] = problem;
  return object;
}

ExitCode tell_answer(Stage& stage, const PostOptions& options,
                     const client::HttpResponse& response) {
  const auto failure = client::failure_of("cannot post to " + options.path, response);
  std::string problem;
  if (response.status / 100 != 2) {
    problem = failure.message + " (status " + std::to_string(response.status) + ")";
  }
  if (stage.form == Form::json) {
    print_json(stage, as_json(response, problem));
  } else {
    show_body(stage, response.body);
  }
  if (problem.empty()) return ExitCode::done;
  stage.console.problem(problem);
  return exit_code(failure.kind);
}

void tell_what_would_be(Stage& stage, const std::string& url, std::uint64_t bytes) {
  if (stage.form == Form::json) {
    print_json(stage, Json{{"ok", true}, {"dryRun", true}, {"url", url}, {"bytes", bytes}});
  } else {
    stage.console.result("would post " + in_bytes(bytes) + " to " + url + "\n");
  }
}

ExitCode post(Stage& stage, const Settings& settings, const PostOptions& options,
              client::HttpRequest request, std::chrono::milliseconds timeout) {
  const client::Patience patience(stage.surroundings.clock, timeout);
  client::Session session(settings.url, credentials_for(settings, stage.surroundings));
  const std::string action = "cannot post to " + options.path;
  if (is_admin_path(options.path)) warn_if_unencrypted(stage, settings);
  const auto response = is_admin_path(options.path)
                            ? session.send(action, options.path, std::move(request), patience)
                            : session.send_open(action, options.path, std::move(request), patience);
  if (!response) return report_failure(stage, settings, response.error());
  return tell_answer(stage, options, *response);
}

ExitCode run(Stage& stage, const PostOptions& options) {
  const auto timeout = parse_timeout(options.timeout);
  if (!timeout) return usage_problem(stage, timeout.error().message);
  if (auto fine = check_path(options.path); !fine) {
    return usage_problem(stage, fine.error().message);
  }
  auto headers = read_headers(options.headers);
  if (!headers) return usage_problem(stage, headers.error().message);
  const auto settings = load_settings(options.settings, stage.surroundings);
  if (!settings) return usage_problem(stage, settings.error().message);
  const auto body = PostBody::open(options.data, stage.surroundings);
  if (!body) return usage_problem(stage, body.error().message);
  if (options.dry_run) {
    tell_what_would_be(stage, settings->url + options.path, body->bytes());
    return ExitCode::done;
  }
  client::HttpRequest request{.method = "POST", .response_limit = largest_answer};
  request.headers = *std::move(headers);
  body->attach_to(request);
  return post(stage, *settings, options, std::move(request), *timeout);
}

}  // namespace

Action declare_tool_post(CLI::App& app) {
  auto options = std::make_shared<PostOptions>();
  app.add_option("path", options->path, "such as /admin/maintenance")
      ->type_name("PATH")
      ->group(arguments_group)
      ->required();
  app.add_option("--data", options->data, "the body: a text, @FILE, or - for standard input")
      ->type_name("TEXT");
  app.add_option("--header", options->headers, "\"Name: value\"; may be given several times")
      ->type_name("HEADER")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  add_flag(app, "--dry-run", options->dry_run, "send nothing");
  add_json_flag(app, "print one JSON object: status and body");
  app.add_option("--timeout", options->timeout, "give up after so many seconds (default: 60)")
      ->type_name("SECONDS");
  add_setting_flags(app, options->settings);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
