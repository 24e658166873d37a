#include "cli/settings_file.hpp"

#include "catch.hpp"

using ops::cli::parse_settings_file;

namespace {

std::string error(const std::string& text) {
  const auto settings = parse_settings_file(text, "ops.json");
  REQUIRE_FALSE(settings.ok());
  return settings.error().message;
}

}  // namespace

TEST_CASE("everything that ops.json may say is read") {
  const auto settings = parse_settings_file(
      R"({"name":"hello","url":"http://127.0.0.1:8080","root":".","user":"deploybot",
          "test":{"command":"hello","data":["data"]},
          "profiles":{"prod-debian":{"url":"https://hello.example"}}})",
      "ops.json");
  REQUIRE(settings.ok());
  CHECK(settings->name == "hello");
  CHECK(settings->server.url == "http://127.0.0.1:8080");
  CHECK(settings->server.root == ".");
  CHECK(settings->server.user == "deploybot");
  CHECK(settings->profiles.at("prod-debian").url == "https://hello.example");
  CHECK_FALSE(settings->profiles.at("prod-debian").user.has_value());
  CHECK(parse_settings_file("{}", "ops.json").ok());
}

TEST_CASE("a syntax error is found at its line") {
  CHECK(error("{\n  \"name\": \"hello\",\n  oops\n}") == "cannot use ops.json: line 3 is no JSON");
  CHECK(error("\n ") == "cannot use ops.json: it is empty; write {} or remove it");
  CHECK(error("{\"name\":\"hello\"") == "cannot use ops.json: line 1 is no JSON");
  CHECK(error("{}\n{}") == "cannot use ops.json: line 2 is no JSON");
  CHECK(error("[]") == "cannot use ops.json: it holds no JSON object");
}

TEST_CASE("an unknown key is named with its place and what is known there") {
  CHECK(error(R"({"nam":"hello"})") ==
        "cannot use ops.json: the key \"nam\" is not known; known here are name, url, root, user, "
        "test, profiles");
  CHECK(error(R"({"profiles":{"prod":{"name":"x"}}})") ==
        "cannot use ops.json: the key \"profiles.prod.name\" is not known; known here are url, "
        "root, user");
  CHECK(error(R"({"test":{"cmd":"x"}})").find("\"test.cmd\"") != std::string::npos);
}

TEST_CASE("a key that stands twice is refused") {
  CHECK(error(R"({"url":"a","url":"b"})") == "cannot use ops.json: the key \"url\" stands twice");
  CHECK(error(R"({"profiles":{"p":{"url":"a","url":"b"}}})").find("stands twice") !=
        std::string::npos);
  CHECK(parse_settings_file(R"({"url":"a","profiles":{"p":{"url":"b"}}})", "f").ok());
}

TEST_CASE("a value of another type is named") {
  CHECK(error(R"({"name":7})").find("\"name\" must be a text") != std::string::npos);
  CHECK(error(R"({"url":""})").find("\"url\" must be a text") != std::string::npos);
  CHECK(error(R"({"profiles":[]})").find("\"profiles\" must be an object") != std::string::npos);
  CHECK(error(R"({"profiles":{"p":"x"}})").find("\"profiles.p\" must be an object") !=
        std::string::npos);
  CHECK(error(R"({"profiles":{"p":{"root":1}}})").find("\"profiles.p.root\"") != std::string::npos);
  CHECK(error(R"({"test":{"data":"x"}})").find("\"test.data\" must be a list") !=
        std::string::npos);
  CHECK(error(R"({"test":{"data":[1]}})").find("\"test.data\" must be a list") !=
        std::string::npos);
}

TEST_CASE("a file that is nested without end is refused") {
  CHECK(error(std::string(60'000, '[')).find("nested too deeply") != std::string::npos);
}
