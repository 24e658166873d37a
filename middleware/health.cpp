#include "middleware/health.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "middleware/error_answer.hpp"

namespace ops::middleware {
namespace {

constexpr int unavailable = 503;

bool has_query_key(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    if (part.substr(0, part.find('=')) == key) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

std::vector<std::string_view> excluded_names(std::string_view query) {
  constexpr std::string_view key = "exclude=";
  std::vector<std::string_view> names;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    if (part.starts_with(key)) names.push_back(part.substr(key.size()));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return names;
}

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Response health_json(std::span<const CheckResult> checks, bool passed) {
  nlohmann::json report{{"status", passed ? "pass" : "fail"}};
  for (const CheckResult& check : checks) {
    report["checks"][std::string(check.name)] = {{{"status", check.passed ? "pass" : "fail"}}};
  }
  Response response{.status = passed ? 200 : unavailable, .body = report.dump()};
  response.content_type = "application/health+json";
  return response;
}

std::string verbose_lines(std::string_view probe, std::span<const CheckResult> checks,
                          std::span<const std::string_view> excluded, bool passed) {
  std::string lines;
  for (const CheckResult& check : checks) {
    const std::string name(check.name);
    if (contains(excluded, check.name)) {
      lines += "[+]" + name + " excluded: ok\n";
    } else {
      lines += check.passed ? "[+]" + name + " ok\n" : "[-]" + name + " failed: reason withheld\n";
    }
  }
  return lines + std::string(probe) + " check " + (passed ? "passed" : "failed") + "\n";
}

}  // namespace

std::vector<CheckResult> live_checks() { return {{"ping", true}}; }

std::vector<CheckResult> ready_checks(Phase phase) {
  return {{"ping", true},
          {"startup", phase != Phase::starting},
          {"shutdown", phase != Phase::draining}};
}

Response answer_probe(std::string_view probe, std::span<const CheckResult> checks,
                      const Request& request) {
  const auto excluded = excluded_names(request.query);
  const bool passed = std::ranges::all_of(checks, [&](const CheckResult& check) {
    return check.passed || contains(excluded, check.name);
  });
  Response response;
  if (request.header("accept").find("application/health+json") != std::string_view::npos) {
    response = health_json(checks, passed);
  } else if (passed && !has_query_key(request.query, "verbose")) {
    response = Response::text(200, "ok");
  } else {
    response =
        Response::text(passed ? 200 : unavailable, verbose_lines(probe, checks, excluded, passed));
  }
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

Response answer_single_check(std::string_view name, std::span<const CheckResult> checks) {
  const auto check = std::ranges::find(checks, name, &CheckResult::name);
  if (check == checks.end()) {
    return error_answer(404, "unknown-check", "there is no readiness check of that name");
  }
  return check->passed ? Response::text(200, "ok")
                       : Response::text(unavailable,
                                        "[-]" + std::string(name) + " failed: reason withheld\n");
}

}  // namespace ops::middleware
