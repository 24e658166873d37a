#include "deploy/demo.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "catch.hpp"

namespace {

std::string program(const char* name) { return std::string(OPS_BINARY_DIR) + "/bin/" + name; }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The port in "… listening address=127.0.0.1:34567", as the log tells which it became.
int port_in(const std::string& log) {
  constexpr std::string_view before = "127.0.0.1:";
  const auto line = log.find("listening");
  const auto at = line == std::string::npos ? line : log.find(before, line);
  return at == std::string::npos ? 0 : std::atoi(log.c_str() + at + before.size());
}

}  // namespace

Demo::Demo(std::vector<std::string> hello_options, std::vector<std::string> runner_options,
           std::string releases)
    : releases_(releases.empty() ? directory_.file("releases") : std::move(releases)) {
  directory_.write("image/message.txt", "old");
  directory_.write("project/message.txt", "old");
  command_ = {
      "dumb-init", "--",      program("server-runner"), "--listen", "127.0.0.1:0", "--releases",
      releases_,   "--image", directory_.file("image"), "--ready",  "notify",      "--stop-timeout",
      "5"};
  command_.insert(command_.end(), runner_options.begin(), runner_options.end());
  command_.push_back(program("hello"));
  command_.insert(command_.end(), hello_options.begin(), hello_options.end());
  start();
}

std::string Demo::log() const {
  return directory_.read("server-" + std::to_string(starts_) + ".log");
}

void Demo::start() {
  ++starts_;
  supervisor_ = std::make_unique<Program>(
      Launch{.argv = command_, .environment = {{"HELLO_DEPLOYBOT_PWD", password_text}}},
      directory_.file("server-" + std::to_string(starts_) + ".log"));
  wait_until_it_serves();
  directory_.write("project/ops.json",
                   nlohmann::json{{"name", "hello"},
                                  {"url", "http://127.0.0.1:" + std::to_string(port_)},
                                  {"root", "."},
                                  {"user", "deploybot"}}
                       .dump());
}

void Demo::start_again() {
  supervisor_.reset();
  start();
}

void Demo::wait_until_it_serves() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  // What the log says is no event that could be awaited.
  while ((port_ = port_in(log())) == 0) {
    INFO(log());
    REQUIRE_FALSE(supervisor_->ended());
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  // From now on the socket's queue does the waiting.
  const auto answer = request(port_, "GET", "/ping");
  INFO(log());
  REQUIRE(answer);
}

HttpAnswer Demo::get(std::string_view target, std::string_view head) const {
  auto answer = request(port_, "GET", target, head);
  INFO("GET " << target << "\n" << log());
  REQUIRE(answer);
  return *answer;
}

pid_t Demo::app() const { return std::atoi(get("/pid").body.c_str()); }

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
              .environment = {{"HELLO_DEPLOYBOT_PWD", password},
                              {"XDG_CACHE_HOME", directory_.file("cache")}}});
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

std::string Demo::zip() const {
  const std::string file = directory_.file("project.zip");
  const Outcome made = ops({"deploy", "zip", "-o", file});
  INFO(made.err);
  REQUIRE(made.status == 0);
  return read_file(file);
}

std::optional<HttpAnswer> Demo::upload(const std::string& zip) const {
  return request(port_, "POST", "/admin/deploy-quick",
                 sign_in() + "Content-Type: application/zip\r\n", zip);
}

std::string Demo::state_of(const std::string& deploy) const {
  const auto answer = get("/admin/deploys/" + deploy, sign_in());
  REQUIRE(answer.status == 200);
  return nlohmann::json::parse(answer.body)["state"];
}

std::string Demo::releases_as_text() const {
  namespace fs = std::filesystem;
  std::vector<std::string> lines;
  const fs::path root = releases_;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = fs::relative(entry.path(), root).string();
    if (name == "releases.log" || name == "lock" || name.starts_with("logs/")) continue;
    std::string line = name;
    if (entry.is_symlink()) {
      line += " -> " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      line += ": " + read_file(entry.path().string());
    }
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}
