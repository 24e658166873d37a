#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "client/fake_ops.hpp"

using ops::cli::ExitCode;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;

namespace {

struct HistoryServer {
  HistoryServer() {
    server.on("GET /admin/production-history", [](FakeExchange& exchange) {
      exchange.reply(200, R"({"versions":[
        {"hash":"3f9a1c20b7e4","isActive":true,"createdAt":"2026-05-04T12:00:00Z","state":"healthy"},
        {"hash":"8d02e5af6611","isActive":false,"createdAt":"2026-05-03T12:00:00Z","state":"failed"}
        ]})");
    });
    run.environment["APP_DEPLOYBOT_PWD"] = FakeOps::password;
  }
  FakeOps server;
  CliRun run;
};

}  // namespace

TEST_CASE("deploy history is tab-separated for programs") {
  HistoryServer server;
  CHECK(server.run({"deploy", "history", "--url", server.server.url()}) == ExitCode::done);
  CHECK(server.run.out ==
        "3f9a1c20b7e4\tserving\thealthy\t2026-05-04T12:00:00Z\n"
        "8d02e5af6611\t\tfailed\t2026-05-03T12:00:00Z\n");
}

TEST_CASE("deploy history has columns and a heading on a terminal") {
  HistoryServer server;
  server.run.look = ops::cli::Look::terminal;
  CHECK(server.run({"deploy", "history", "--url", server.server.url()}) == ExitCode::done);
  CHECK(server.run.out ==
        "release                state    created\n"
        "3f9a1c20b7e4  serving  healthy  2026-05-04T12:00:00Z\n"
        "8d02e5af6611           failed   2026-05-03T12:00:00Z\n");
}

TEST_CASE("deploy history --json prints one object") {
  HistoryServer server;
  CHECK(server.run({"deploy", "history", "--json", "--url", server.server.url()}) ==
        ExitCode::done);
  const auto json = server.run.json();
  CHECK(json["ok"] == true);
  CHECK(json["versions"][0]["release"] == "3f9a1c20b7e4");
  CHECK(json["versions"][0]["serves"] == true);
  CHECK(json["versions"][1]["state"] == "failed");
}

TEST_CASE("deploy history --json prints one object when it fails, too") {
  HistoryServer server;
  SECTION("without a password") { server.run.environment.clear(); }
  SECTION("without a server") { server.server.server().go_down(); }
  CHECK(server.run({"deploy", "history", "--json", "--url", server.server.url()}) !=
        ExitCode::done);
  CHECK(server.run.json()["ok"] == false);
  CHECK(contains(server.run.err, server.run.json()["error"].get<std::string>()));
}

TEST_CASE("deploy history without the right password exits 10") {
  HistoryServer server;
  server.run.environment.clear();
  CHECK(server.run({"deploy", "history", "--url", server.server.url()}) ==
        ExitCode::not_authorised);
  CHECK(contains(server.run.err, "APP_DEPLOYBOT_PWD"));
}
