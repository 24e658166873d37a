#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "client/fake_ops.hpp"

using ops::cli::ExitCode;
using ops::tests::error_body;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;

namespace {

const std::string rollback_line = "POST /admin/rollback-production";

struct RollbackServer {
  RollbackServer() { run.environment["APP_DEPLOYBOT_PWD"] = FakeOps::password; }

  ExitCode roll_back(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"deploy", "rollback", "--url", server.url()});
    return run(more);
  }
  void refuse(int status, const std::string& code, const std::string& message) {
    server.on(rollback_line, [=](FakeExchange& exchange) {
      exchange.read_body();
      exchange.reply(status, error_body(code, message));
    });
  }

  FakeOps server;
  CliRun run;
};

}  // namespace

TEST_CASE("deploy rollback goes to the previous release and waits until it serves") {
  RollbackServer server;
  CHECK(server.roll_back() == ExitCode::done);
  CHECK(server.run.out.find("serving 3f9a1c20b7e4 (was 8d02e5af6611), ") == 0);
  CHECK(server.server.last(rollback_line).body == R"({"toHash":"previous"})");
  CHECK(contains(server.run.err, "  starting  starting 3f9a1c20b7e4\n"));
}

TEST_CASE("deploy rollback goes to the release that is named") {
  RollbackServer server;
  CHECK(server.roll_back({"image", "--json"}) == ExitCode::done);
  CHECK(server.server.last(rollback_line).body == R"({"toHash":"image"})");
  CHECK(server.run.json()["state"] == "running");
  CHECK(server.run.json()["previous"] == FakeOps::old_release);
}

TEST_CASE("a rollback to what serves already says unchanged and exits 0") {
  RollbackServer server;
  server.refuse(400, "already-active", "it serves already");
  CHECK(server.roll_back({FakeOps::old_release}) == ExitCode::done);
  CHECK(server.run.out.find("unchanged: 8d02e5af6611 serves already") == 0);
}

TEST_CASE("a rollback to a release that is not kept exits 1") {
  RollbackServer server;
  server.refuse(404, "no-such-release", "no release abc is kept");
  CHECK(server.roll_back({"abc"}) == ExitCode::other);
  CHECK(contains(server.run.err, "cannot roll back to abc: no release abc is kept"));
}

TEST_CASE("a rollback during a deploy exits 11") {
  RollbackServer server;
  server.refuse(409, "deploy-running", "deploy d-1 is running");
  CHECK(server.roll_back() == ExitCode::busy);
}

TEST_CASE("deploy rollback --dry-run sends nothing") {
  RollbackServer server;
  CHECK(server.roll_back({"--dry-run"}) == ExitCode::done);
  CHECK(server.run.out == "would roll " + server.server.url() + " back to previous as deploybot\n");
  CHECK(server.roll_back({"--dry-run", "--json"}) == ExitCode::done);
  CHECK(server.run.json()["to"] == "previous");
  CHECK(server.server.server().requests().empty());
}
