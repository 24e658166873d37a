#include "cli/deploy_report.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/json_result.hpp"
#include "cli/units.hpp"

namespace ops::cli {
namespace {

using Json = nlohmann::ordered_json;
using client::DeployOutcome;
using client::FailureKind;
using Tone = Console::Tone;

std::string what_to_do(const DeployOutcome& outcome) {
  switch (outcome.failure->kind) {
    case FailureKind::busy:
      // A server that names it says that, too.
      if (!outcome.deploy.empty() &&
          outcome.failure->message.find(outcome.deploy) != std::string::npos)
        return {};
      return "try again when " + (outcome.deploy.empty() ? "it" : "deploy " + outcome.deploy) +
             " has ended";
    case FailureKind::timed_out:
      return "its state is not known here: `ops deploy history` shows what serves";
    case FailureKind::interrupted:
      if (outcome.deploy.empty()) return {};
      return "deploy " + outcome.deploy +
             " goes on without you: `ops deploy history` shows what became of it";
    case FailureKind::other:
    case FailureKind::unreachable:
    case FailureKind::cut:
    case FailureKind::unavailable:
    case FailureKind::not_authorised:
    case FailureKind::build_failed:
    case FailureKind::not_ready:
    case FailureKind::archive_refused:
    case FailureKind::not_serving:
      return {};
  }
  return {};
}

nlohmann::json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

}  // namespace

DeployReport::DeployReport(Stage& stage, const Settings& settings)
    : stage_(stage), settings_(settings), start_(stage.surroundings.clock.now()) {}

void DeployReport::step(const std::string& done, const std::string& what) {
  constexpr std::size_t column = 10;
  std::string line = "  " + done;
  line.resize(std::max(line.size() + 1, column + 2), ' ');
  stage_.console.note(line + what);
}

void DeployReport::packed(std::size_t files, std::uint64_t bytes, std::chrono::milliseconds time) {
  step("packed", (files == 0 ? "no file" : in_files(files)) + " that the server lacks, " +
                     in_bytes(bytes) + " in " + in_time(time));
}

void DeployReport::sent(std::uint64_t bytes, std::uint64_t of) {
  stage_.console.progress("uploading", bytes, of);
}

void DeployReport::uploaded(std::uint64_t bytes, std::chrono::milliseconds time) {
  step("uploaded", in_bytes(bytes) + " in " + in_time(time));
}

// An end says nothing of what came before it.
void DeployReport::state(std::string_view state) {
  if (!client::is_end_state(state)) phase_ = state;
}

void DeployReport::build_line(std::string_view line) {
  phase_ = "building";
  if (std::exchange(told_, phase_) != phase_) step(phase_, "");
  stage_.console.note("  | " + std::string(line), Tone::dim);
}

void DeployReport::starting(std::string_view message) {
  phase_ = "starting";
  if (std::exchange(told_, phase_) != phase_) step(phase_, std::string(message));
}

void DeployReport::waiting(std::string_view) { step("waiting", "for the server to come back"); }

ExitCode DeployReport::finish(const DeployOutcome& outcome) {
  if (stage_.form == Form::json) write_json(outcome);
  if (outcome.failure) return tell_failure(outcome);
  if (stage_.form == Form::text) tell_success(outcome);
  return ExitCode::done;
}

void DeployReport::tell_success(const DeployOutcome& outcome) {
  const std::string time = ", " + in_time(elapsed()) + " in all\n";
  if (outcome.state == "unchanged") {
    return stage_.console.result("unchanged: " + outcome.release + " serves already" + time);
  }
  const std::string was = outcome.previous.empty() ? "" : " (was " + outcome.previous + ")";
  stage_.console.result("serving " + outcome.release + was + time);
  stage_.console.note("  `ops deploy rollback` goes back, `ops deploy history` lists releases",
                      Tone::dim);
}

ExitCode DeployReport::tell_failure(const DeployOutcome& outcome) {
  const ExitCode code = exit_code(outcome.failure->kind);
  stage_.console.problem(outcome.failure->message);
  std::string line = "  ended while " + last_phase(outcome);
  if (!outcome.serving.empty()) line += "; " + outcome.serving + " serves";
  stage_.console.note(line + "; exit code " + std::to_string(static_cast<int>(code)));
  std::string hint = what_to_do(outcome);
  if (hint.empty()) hint = remedy(*outcome.failure, settings_, stage_.surroundings);
  if (!hint.empty()) stage_.console.note("  " + hint);
  return code;
}

// A build that prints nothing, and a start, may be over before they are seen.
std::string DeployReport::last_phase(const DeployOutcome& outcome) const {
  if (outcome.failure->kind == FailureKind::build_failed) return "building";
  if (outcome.failure->kind == FailureKind::not_ready) return "starting";
  return phase_;
}

void DeployReport::write_json(const DeployOutcome& outcome) {
  Json timings = outcome.timings;
  timings["total"] = elapsed().count();
  print_json(stage_,
             Json{{"ok", !outcome.failure},
                  {"deployId", text_or_null(outcome.deploy)},
                  {"release", text_or_null(outcome.release)},
                  {"state", text_or_null(outcome.state)},
                  {"previous", text_or_null(outcome.previous)},
                  {"url", settings_.url},
                  {"timings", timings},
                  {"error", text_or_null(outcome.failure ? outcome.failure->message : "")}});
}

std::chrono::milliseconds DeployReport::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(stage_.surroundings.clock.now() -
                                                               start_);
}

}  // namespace ops::cli
