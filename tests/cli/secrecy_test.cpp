#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "client/fake_ops.hpp"
#include "temporary_directory.hpp"

using ops::cli::ExitCode;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;

TEST_CASE("the password is in no output of any command, whatever the server answers") {
  const TemporaryDirectory files;
  files.write("message.txt", "hello\n");
  const std::vector<std::vector<std::string>> commands{
      {"deploy", "quick", "--timeout", "0.3"},
      {"deploy", "quick", "--timeout", "0.3", "--json"},
      {"deploy", "quick", "--dry-run"},
      {"deploy", "history"},
      {"deploy", "rollback", "--timeout", "0.3"},
      {"tool", "post", "/admin/x", "--json"},
      {"tool", "authenticate"},
      {"tool", "authenticate", "--dry-run"}};
  const int auth_status = GENERATE(200, 401, 403, 429, 500, 302, 0);
  FakeOps server;
  if (auth_status == 0) {
    server.on("POST /auth", [](FakeExchange& exchange) { exchange.send("nonsense\r\n\r\n"); });
  } else if (auth_status != 200) {
    server.on("POST /auth",
              [auth_status](FakeExchange& exchange) { exchange.reply(auth_status, "<html>"); });
  }
  for (const auto& command : commands) {
    CliRun run;
    run.environment["HELLO_DEPLOYBOT_PWD"] = FakeOps::password;
    files.write("ops.json", R"({"name":"hello","url":")" + server.url() + "\"}");
    run.directory = files.path();
    const ExitCode code = run(command);
    INFO(command.at(0) << " " << command.at(1) << ", " << static_cast<int>(code));
    CHECK_FALSE(contains(run.out + run.err, FakeOps::password));
    CHECK_FALSE((run.out + run.err).empty());
  }
}

TEST_CASE("the password goes to no path but the one that signs in") {
  FakeOps server;
  CliRun run;
  run.environment["APP_DEPLOYBOT_PWD"] = FakeOps::password;
  CHECK(run({"tool", "post", "/admin/none", "--url", server.url()}) == ExitCode::other);
  for (const auto& request : server.server().requests()) {
    std::string all = request.path + request.body;
    for (const auto& [name, value] : request.headers) all += name + value;
    CHECK(contains(all, FakeOps::password) == (request.path == "/auth"));
  }
}
