#include "supervisor/control_protocol.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace ops::supervisor {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr std::string_view white_space = " \t\r\n";
constexpr std::string_view what_to_write = "write status, restart or stop";
// So much of an unknown command is told back.
constexpr std::size_t longest_quote = 64;

constexpr std::array<std::pair<std::string_view, ControlCommand>, 3> commands{
    {{"status", ControlCommand::status},
     {"restart", ControlCommand::restart},
     {"stop", ControlCommand::stop}}};

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(white_space) - first + 1);
}

// A text of the app's or of a client's need not be UTF-8: what is not becomes U+FFFD.
std::string line_of(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ControlCommand, ControlRefusal> command_named(std::string_view word) {
  const auto* found =
      std::ranges::find(commands, word, &std::pair<std::string_view, ControlCommand>::first);
  if (found != commands.end()) return found->second;
  return ControlRefusal{"unknown-command", "there is no command \"" +
                                               std::string(word.substr(0, longest_quote)) + "\"; " +
                                               std::string(what_to_write)};
}

Json exit_object(const Status::Exit& exit) {
  Json object;
  if (exit.signal != 0) {
    object["signal"] = exit.signal;
  } else {
    object["code"] = exit.code;
  }
  return object;
}

// What an answer says, as far as it is of the right kind and fits: the rest keeps its default.
template <typename Number>
void read_number(const Json& object, const char* name, Number& number) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return;
  const auto value = found->get<std::uint64_t>();
  if (std::in_range<Number>(value)) number = static_cast<Number>(value);
}

void read_text(const Json& object, const char* name, std::string& text) {
  const auto found = object.find(name);
  if (found != object.end() && found->is_string()) text = found->get<std::string>();
}

void read_time(const Json& object, const char* name, milliseconds& time) {
  milliseconds::rep count = time.count();
  read_number(object, name, count);
  time = milliseconds(count);
}

bool read_state(const Json& object, Status::State& state) {
  std::string name;
  read_text(object, "state", name);
  // They are numbered from 0, and the number after the last one has no name.
  for (int i = 0; to_string(Status::State{i}) != "unknown"; ++i) {
    state = Status::State{i};
    if (name == to_string(state)) return true;
  }
  return false;
}

std::optional<Status::Exit> read_exit(const Json& object) {
  const auto found = object.find("last_exit");
  if (found == object.end() || !found->is_object()) return std::nullopt;
  Status::Exit exit;
  read_number(*found, "code", exit.code);
  read_number(*found, "signal", exit.signal);
  return exit;
}

std::vector<HeldAddress> read_listeners(const Json& object) {
  std::vector<HeldAddress> listeners;
  const auto found = object.find("listeners");
  if (found == object.end() || !found->is_array()) return listeners;
  for (const Json& listener : *found) {
    if (!listener.is_object()) continue;
    HeldAddress& held = listeners.emplace_back();
    read_text(listener, "name", held.name);
    read_text(listener, "address", held.address);
  }
  return listeners;
}

Error refused_by(const Json& answer) {
  std::string message = "no reason is given";
  const auto error = answer.find("error");
  if (error != answer.end() && error->is_object()) read_text(*error, "message", message);
  return Error{"cannot get the status: " + message};
}

}  // namespace

Result<ControlCommand, ControlRefusal> parse_control_request(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (!text.starts_with('{')) return command_named(text);
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) {
    return ControlRefusal{"bad-request",
                          "the line is no JSON object; write {\"command\":\"status\"}, or the bare "
                          "word"};
  }
  std::string command;
  read_text(object, "command", command);
  if (command.empty()) {
    return ControlRefusal{"bad-request",
                          "the object names no \"command\"; " + std::string(what_to_write)};
  }
  return command_named(command);
}

std::optional<ControlRefusal> refusal_of(ControlCommand order, Status::State state) {
  const bool all_ends = state == Status::State::stopping || state == Status::State::ended;
  if (order != ControlCommand::restart || !all_ends) return std::nullopt;
  return ControlRefusal{"stopping", "cannot restart: the app was told to stop, nothing follows"};
}

std::string status_answer(const StatusReport& report) {
  const Status& status = report.status;
  Json object;
  object["ok"] = true;
  object["state"] = to_string(status.state);
  if (status.pid != 0) object["pid"] = status.pid;
  if (status.generation != 0) object["generation"] = status.generation;
  if (!status.release.empty()) object["release"] = status.release;
  if (status.pid != 0) object["uptime_ms"] = status.uptime.count();
  if (status.last_exit) object["last_exit"] = exit_object(*status.last_exit);
  object["restarts"] = status.restarts;
  if (status.next_start) object["next_start_ms"] = status.next_start->count();
  if (!status.text.empty()) object["text"] = status.text;
  for (const HeldAddress& held : report.listeners) {
    object["listeners"].push_back({{"name", held.name}, {"address", held.address}});
  }
  return line_of(object);
}

std::string accepted_answer() {
  Json object;
  object["ok"] = true;
  return line_of(object);
}

std::string refusal_answer(const ControlRefusal& refusal) {
  Json object;
  object["ok"] = false;
  object["error"]["code"] = refusal.code;
  object["error"]["message"] = refusal.message;
  return line_of(object);
}

Result<StatusReport> parse_status_answer(std::string_view line) {
  const Json answer = Json::parse(line, nullptr, false);
  const Error not_an_answer{"cannot read the status: what answers does not speak as server-runner"};
  if (!answer.is_object()) return not_an_answer;
  const auto ok = answer.find("ok");
  if (ok == answer.end() || !ok->is_boolean()) return not_an_answer;
  if (!ok->get<bool>()) return refused_by(answer);
  StatusReport report;
  Status& status = report.status;
  if (!read_state(answer, status.state)) return not_an_answer;
  read_number(answer, "pid", status.pid);
  read_number(answer, "generation", status.generation);
  read_number(answer, "restarts", status.restarts);
  read_text(answer, "release", status.release);
  read_time(answer, "uptime_ms", status.uptime);
  status.last_exit = read_exit(answer);
  if (answer.contains("next_start_ms"))
    read_time(answer, "next_start_ms", status.next_start.emplace(0));
  read_text(answer, "text", status.text);
  report.listeners = read_listeners(answer);
  return report;
}

}  // namespace ops::supervisor
