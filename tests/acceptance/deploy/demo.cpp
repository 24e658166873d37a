#include "deploy/demo.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "catch.hpp"

namespace {

std::string program(const char* name) { return std::string(OPS_BINARY_DIR) + "/bin/" + name; }

}  // namespace

Demo::Demo(std::vector<std::string> hello_options, std::vector<std::string> runner_options)
    : port_(free_port()) {
  directory_.write("image/message.txt", "old");
  directory_.write("project/message.txt", "old");
  directory_.write("project/ops.json",
                   nlohmann::json{{"name", "hello"},
                                  {"url", "http://127.0.0.1:" + std::to_string(port_)},
                                  {"root", "."},
                                  {"user", "deploybot"}}
                       .dump());
  std::vector<std::string> argv{"dumb-init",
                                "--",
                                program("server-runner"),
                                "--listen",
                                "127.0.0.1:" + std::to_string(port_),
                                "--releases",
                                directory_.file("releases"),
                                "--image",
                                directory_.file("image"),
                                "--ready",
                                "notify",
                                "--stop-timeout",
                                "5"};
  argv.insert(argv.end(), runner_options.begin(), runner_options.end());
  argv.push_back(program("hello"));
  argv.insert(argv.end(), hello_options.begin(), hello_options.end());
  supervisor_ = std::make_unique<Program>(
      Launch{.argv = argv, .environment = {{"HELLO_DEPLOYBOT_PWD", password_text}}},
      directory_.file("server.log"));
  // Refused until server-runner listens; from then on the socket's queue does the waiting.
  while (!request(port_, "GET", "/ping")) {
    INFO(log());
    REQUIRE_FALSE(supervisor_->ended());
  }
}

HttpAnswer Demo::get(std::string_view target, std::string_view head) const {
  auto answer = request(port_, "GET", target, head);
  INFO("GET " << target << "\n" << log());
  REQUIRE(answer);
  return *answer;
}

void Demo::edit(std::string_view name, std::string_view contents) const {
  directory_.write("project/" + std::string(name), contents);
}

void Demo::remove(std::string_view name) const {
  std::filesystem::remove(directory_.path() / "project" / name);
}

Outcome Demo::ops(std::vector<std::string> arguments, const std::string& password) const {
  arguments.insert(arguments.begin(), program("ops"));
  return run({.argv = std::move(arguments),
              .directory = directory_.file("project"),
              .environment = {{"HELLO_DEPLOYBOT_PWD", password}}});
}

std::string Demo::sign_in() const {
  const std::string body = nlohmann::json{
      {"user", "deploybot"},
      {"password", password_text},
      {"deviceId", "test"}}.dump();
  const auto answer = request(port_, "POST", "/auth", "Content-Type: application/json\r\n", body);
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  const std::string key = nlohmann::json::parse(answer->body)["authKey"];
  return "x-auth-user: deploybot\r\nx-auth-device: test\r\nx-auth-key: " + key + "\r\n";
}

std::string Demo::releases_as_text() const {
  namespace fs = std::filesystem;
  std::vector<std::string> lines;
  const fs::path root = directory_.path() / "releases";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = fs::relative(entry.path(), root).string();
    if (name == "releases.log" || name == "lock" || name.starts_with("logs/")) continue;
    std::string line = name;
    if (entry.is_symlink()) {
      line += " -> " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      line += ": " + directory_.read("releases/" + name);
    }
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}
