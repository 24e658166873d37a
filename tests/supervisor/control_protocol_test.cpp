#include "supervisor/control_protocol.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;
using State = Status::State;

ControlCommand command_of(std::string_view line) {
  const auto command = parse_control_request(line);
  INFO(line);
  REQUIRE(command.ok());
  return *command;
}

std::string code_of(std::string_view line) {
  const auto command = parse_control_request(line);
  INFO(line);
  REQUIRE_FALSE(command.ok());
  CHECK_FALSE(command.error().message.empty());
  return command.error().code;
}

constexpr std::array all_states{State::starting,  State::running,  State::replacing,
                                State::reloading, State::stopping, State::restarting,
                                State::waiting,   State::ended};

StatusReport full_report() {
  StatusReport report;
  report.status = {.state = State::replacing,
                   .pid = 4711,
                   .generation = 3,
                   .restarts = 2,
                   .release = "3f9a1c20b7e4",
                   .uptime = 11'520s,
                   .last_exit = Status::Exit{.code = 99},
                   .next_start = 400ms,
                   .text = "warming up"};
  report.listeners = {{"web", "127.0.0.1:8080"}, {"admin", "unix:/run/a.sock"}};
  return report;
}

}  // namespace

TEST_CASE("a request is a JSON object, or a bare word for those who type") {
  for (const auto& [word, command] :
       {std::pair{"status", ControlCommand::status}, std::pair{"restart", ControlCommand::restart},
        std::pair{"stop", ControlCommand::stop}}) {
    CHECK(command_of(word) == command);
    CHECK(command_of(std::string(" \t") + word + " \r") == command);
    CHECK(command_of(std::string(R"({"command":")") + word + "\"}") == command);
  }
  CHECK(command_of(R"( { "by" : "cron", "command" : "stop" } )") == ControlCommand::stop);
}

TEST_CASE("what is no request is refused with a word for programs") {
  for (const char* unknown :
       {"", "halt", "Status", "stop now", "statusstop", "\"stop\"", R"(["stop"])", "99", "null",
        R"({"command":"halt"})", R"({"command":"STOP"})", R"({"command":" stop"})"}) {
    CHECK(code_of(unknown) == "unknown-command");
  }
  for (const char* bad :
       {"{", "{}", R"({"command":"stop")", R"({"command":"stop"}})", R"({"command":5})",
        R"({"command":null})", R"({"command":["stop"]})", R"({"command":""})",
        R"({"Command":"stop"})", "{\"command\":\"st\xff\"}", "{'command':'stop'}"}) {
    CHECK(code_of(bad) == "bad-request");
  }
  CHECK(code_of(std::string_view("stop\0", 5)) == "unknown-command");
  CHECK(code_of("{\"a\":" + std::string(4000, '[')) == "bad-request");
}

TEST_CASE("an unknown command is told back, cut, and cannot break out of the answer's line") {
  const auto command = parse_control_request("reload\n\"\x1b\xff" + std::string(4000, 'x'));
  REQUIRE_FALSE(command.ok());
  const std::string answer = refusal_answer(command.error());
  CHECK(answer.size() < 300);
  CHECK(answer.find('\n') == answer.size() - 1);
  CHECK(answer.find('\x1b') == std::string::npos);
  const auto object = nlohmann::json::parse(answer);
  CHECK(object["ok"] == false);
  CHECK(object["error"]["code"] == "unknown-command");
  CHECK(object["error"]["message"].get<std::string>().find("write status, restart or stop") !=
        std::string::npos);
}

TEST_CASE("nothing is restarted once the app was told to stop; all else may be ordered any time") {
  for (const State state : all_states) {
    CHECK_FALSE(refusal_of(ControlCommand::status, state));
    CHECK_FALSE(refusal_of(ControlCommand::stop, state));
    const bool all_ends = state == State::stopping || state == State::ended;
    CHECK(refusal_of(ControlCommand::restart, state).has_value() == all_ends);
  }
  CHECK(refusal_of(ControlCommand::restart, State::stopping)->code == "stopping");
}

TEST_CASE("an accepted order has the shortest answer") {
  CHECK(accepted_answer() == "{\"ok\":true}\n");
}

TEST_CASE("the status is one line with all that is known, in a fixed order") {
  CHECK(status_answer(full_report()) ==
        R"({"ok":true,"state":"replacing","pid":4711,"generation":3,"release":"3f9a1c20b7e4",)"
        R"("uptime_ms":11520000,"last_exit":{"code":99},"restarts":2,"next_start_ms":400,)"
        R"("text":"warming up","listeners":[{"name":"web","address":"127.0.0.1:8080"},)"
        R"({"name":"admin","address":"unix:/run/a.sock"}]})"
        "\n");
}

TEST_CASE("what does not apply is left out of the status") {
  CHECK(status_answer({}) == "{\"ok\":true,\"state\":\"starting\",\"restarts\":0}\n");
  StatusReport waiting;
  waiting.status.state = State::waiting;
  waiting.status.generation = 1;
  waiting.status.last_exit = Status::Exit{.signal = 9};
  waiting.status.next_start = 0ms;
  CHECK(status_answer(waiting) ==
        R"({"ok":true,"state":"waiting","generation":1,"last_exit":{"signal":9},"restarts":0,)"
        R"("next_start_ms":0})"
        "\n");
}

TEST_CASE("a text that is no UTF-8 or holds a line's end does not break the answer") {
  StatusReport report;
  report.status.text = "a\nb\xff\x1b";
  const std::string answer = status_answer(report);
  CHECK(answer.find('\n') == answer.size() - 1);
  CHECK(nlohmann::json::parse(answer)["text"] == "a\nb\xef\xbf\xbd\x1b");
}

TEST_CASE("the other side reads of a status what was said, in every state") {
  StatusReport report = full_report();
  for (const State state : all_states) {
    report.status.state = state;
    const auto read = parse_status_answer(status_answer(report));
    REQUIRE(read.ok());
    CHECK(status_answer(*read) == status_answer(report));
    CHECK(read->listeners == report.listeners);
    CHECK(read->status.state == state);
  }
  report.status.last_exit = Status::Exit{.signal = 11};
  CHECK(parse_status_answer(status_answer(report))->status.last_exit->signal == 11);
  CHECK_FALSE(parse_status_answer(status_answer({}))->status.last_exit);
  CHECK_FALSE(parse_status_answer(status_answer({}))->status.next_start);
}

TEST_CASE("a refusal is an error to the one who asked") {
  const auto read = parse_status_answer(refusal_answer({"line-too-long", "a line is too long"}));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().message == "cannot get the status: a line is too long");
  CHECK_FALSE(parse_status_answer(R"({"ok":false})").ok());
  CHECK_FALSE(parse_status_answer(R"({"ok":false,"error":7})").ok());
}

TEST_CASE("an answer of something else than server-runner is an error, not a status") {
  for (const char* other :
       {"", "HTTP/1.1 400 Bad Request", "{", "[]", "7", R"({"state":"running"})",
        R"({"ok":1,"state":"running"})", R"({"ok":true})", R"({"ok":true,"state":"unknown"})",
        R"({"ok":true,"state":""})", R"({"ok":true,"state":1})"}) {
    INFO(other);
    CHECK_FALSE(parse_status_answer(other).ok());
  }
}

TEST_CASE("fields of the wrong kind or beyond all measure are passed over") {
  const auto read = parse_status_answer(
      R"({"ok":true,"state":"running","pid":"7","generation":-1,"restarts":1e300,)"
      R"("release":5,"uptime_ms":99999999999999999999,"last_exit":{"code":4294967296},)"
      R"("text":[],"listeners":[1,{"name":2},{"address":"a"}]})");
  REQUIRE(read.ok());
  CHECK(read->status.pid == 0);
  CHECK(read->status.generation == 0);
  CHECK(read->status.restarts == 0);
  CHECK(read->status.release.empty());
  CHECK(read->status.uptime == 0ms);
  CHECK(read->status.last_exit->code == 0);
  CHECK(read->status.text.empty());
  CHECK(read->listeners == std::vector<HeldAddress>{{}, {"", "a"}});
}
