#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "client/fake_ops.hpp"
#include "temporary_directory.hpp"

using ops::cli::ExitCode;
using ops::tests::error_body;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;

namespace {

struct PostServer {
  PostServer() {
    run.environment["APP_DEPLOYBOT_PWD"] = FakeOps::password;
    for (const char* line : {"POST /admin/maintenance", "POST /api/trips"}) {
      server.on(line, [](FakeExchange& exchange) {
        exchange.read_body();
        exchange.reply(200, R"({"ok":true})");
      });
    }
  }
  ExitCode post(std::vector<std::string> more) {
    more.insert(more.begin(), {"tool", "post", "--url", server.url()});
    return run(more);
  }
  FakeOps server;
  CliRun run;
};

}  // namespace

TEST_CASE("a post to an admin's path is signed in, any other is not") {
  PostServer server;
  CHECK(server.post({"/admin/maintenance", "--data", R"({"on":true})"}) == ExitCode::done);
  CHECK(server.run.out == R"({"ok":true})");
  CHECK(server.server.last("POST /admin/maintenance").body == R"({"on":true})");
  CHECK(server.server.last("POST /admin/maintenance").headers.at("content-type") ==
        "application/json");
  server.run.environment.clear();
  CHECK(server.post({"/api/trips", "--data", "[1,2]"}) == ExitCode::done);
  CHECK(server.server.last("POST /api/trips").body == "[1,2]");
  CHECK_FALSE(server.server.last("POST /api/trips").headers.contains("x-auth-key"));
  CHECK(server.server.count("POST /auth") == 1);
}

TEST_CASE("a body comes from a file, from standard input, or is empty") {
  PostServer server;
  const TemporaryDirectory files;
  files.write("trip.json", std::string(200'000, 'x'));
  CHECK(server.post({"/api/trips", "--data", "@" + files.file("trip.json")}) == ExitCode::done);
  CHECK(server.server.last("POST /api/trips").body == std::string(200'000, 'x'));
  server.run.in = "from stdin";
  CHECK(server.post({"/api/trips", "--data", "-"}) == ExitCode::done);
  CHECK(server.server.last("POST /api/trips").body == "from stdin");
  CHECK(server.post({"/api/trips"}) == ExitCode::done);
  CHECK(server.server.last("POST /api/trips").headers.at("content-length") == "0");
}

TEST_CASE("headers of one's own are sent, and replace the type of the body") {
  PostServer server;
  CHECK(server.post({"--header", "Content-Type: text/csv", "--header", "x-trip:  7", "/api/trips",
                     "--data", "a,b"}) == ExitCode::done);
  const auto headers = server.server.last("POST /api/trips").headers;
  CHECK(headers.at("content-type") == "text/csv");
  CHECK(headers.at("x-trip") == "7");
}

TEST_CASE("a header that would break the request is refused") {
  PostServer server;
  for (const char* header : {"x: a\r\nevil: b", "bad name: x", ": x", "Content-Length: 5",
                             "transfer-encoding: chunked", "Host: other", "x-auth-user: root"}) {
    INFO(header);
    CHECK(server.post({"/api/trips", "--header", header}) == ExitCode::usage);
  }
  CHECK(server.server.server().requests().empty());
}

TEST_CASE("an answer that is no success is printed, explained and an exit code") {
  struct Case {
    int status;
    ExitCode code;
  };
  for (const Case& answer : {Case{400, ExitCode::other}, Case{401, ExitCode::not_authorised},
                             Case{403, ExitCode::not_authorised}, Case{409, ExitCode::busy},
                             Case{500, ExitCode::other}}) {
    PostServer server;
    INFO(answer.status);
    const std::string body = error_body("code", "the reason");
    server.server.on("POST /api/trips", [&](FakeExchange& exchange) {
      exchange.read_body();
      exchange.reply(answer.status, body);
    });
    CHECK(server.post({"/api/trips"}) == answer.code);
    CHECK(server.run.out == body);
    CHECK(contains(server.run.err, "cannot post to /api/trips: the reason (status " +
                                       std::to_string(answer.status) + ")"));
  }
}

TEST_CASE("tool post --json prints status and body") {
  PostServer server;
  CHECK(server.post({"/api/trips", "--json"}) == ExitCode::done);
  CHECK(server.run.json() ==
        nlohmann::json::parse(R"({"ok":true,"status":200,"body":{"ok":true}})"));
  server.server.on("POST /api/trips", [](FakeExchange& exchange) { exchange.reply(200, "pong"); });
  CHECK(server.post({"/api/trips", "--json"}) == ExitCode::done);
  CHECK(server.run.json()["body"] == "pong");
  server.server.on("POST /api/trips", [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(409, error_body("busy", "the reason"));
  });
  CHECK(server.post({"/api/trips", "--json"}) == ExitCode::busy);
  CHECK(server.run.json()["status"] == 409);
  CHECK(server.run.json()["body"]["error"]["code"] == "busy");
  CHECK(server.run.json()["error"] == "cannot post to /api/trips: the reason (status 409)");
  server.server.server().go_down();
  CHECK(server.post({"/api/trips", "--json"}) == ExitCode::other);
  CHECK(server.run.json()["ok"] == false);
  CHECK(contains(server.run.err, server.run.json()["error"].get<std::string>()));
}

TEST_CASE("a body that is shown on a terminal ends its line and moves nothing there") {
  PostServer server;
  server.run.look = ops::cli::Look::terminal;
  server.server.on("POST /api/trips", [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, "one\ntwo\x1b[2J");
  });
  CHECK(server.post({"/api/trips"}) == ExitCode::done);
  CHECK(server.run.out == "one\ntwo\n");
}

TEST_CASE("tool post --dry-run sends nothing") {
  PostServer server;
  CHECK(server.post({"/api/trips", "--data", "12345", "--dry-run"}) == ExitCode::done);
  CHECK(server.run.out == "would post 5 bytes to " + server.server.url() + "/api/trips\n");
  CHECK(server.post({"/api/trips", "--data", "12345", "--dry-run", "--json"}) == ExitCode::done);
  CHECK(server.run.json()["url"] == server.server.url() + "/api/trips");
  CHECK(server.run.json()["bytes"] == 5);
  CHECK(server.server.server().requests().empty());
}

TEST_CASE("a file that is no regular one is refused") {
  PostServer server;
  CHECK(server.post({"/api/trips", "--data", "@/"}) == ExitCode::usage);
  CHECK(contains(server.run.err, "it is no regular file"));
}
