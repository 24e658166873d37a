#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "client/fake_ops.hpp"

using ops::cli::ExitCode;
using ops::tests::FakeOps;

TEST_CASE("tool authenticate prints the headers of an authorised request") {
  FakeOps server;
  CliRun run;
  run.environment["APP_DEPLOYBOT_PWD"] = FakeOps::password;
  CHECK(run({"tool", "authenticate", "--url", server.url()}) == ExitCode::done);
  CHECK(run.out.find("x-auth-user: deploybot\nx-auth-device: ") == 0);
  CHECK(run.out.ends_with("\nx-auth-key: v1.abc.def\n"));
  CHECK(run({"tool", "authenticate", "--json", "--url", server.url()}) == ExitCode::done);
  CHECK(run.json()["headers"]["x-auth-key"] == "v1.abc.def");
  CHECK(run.json()["expiresAt"] == "2030-01-01T00:00:00Z");
}

TEST_CASE("tool authenticate --dry-run sends nothing") {
  FakeOps server;
  CliRun run;
  CHECK(run({"tool", "authenticate", "--dry-run", "--url", server.url()}) == ExitCode::done);
  CHECK(contains(run.out, "would sign in to " + server.url() + " as deploybot on "));
  CHECK(run({"tool", "authenticate", "--dry-run", "--json", "--url", server.url()}) ==
        ExitCode::done);
  CHECK(run.json()["dryRun"] == true);
  CHECK(run.json()["user"] == "deploybot");
  CHECK(server.server().requests().empty());
}

TEST_CASE("tool authenticate with a wrong password exits 10") {
  FakeOps server;
  CliRun run;
  run.environment["APP_DEPLOYBOT_PWD"] = "wrong";
  CHECK(run({"tool", "authenticate", "--url", server.url()}) == ExitCode::not_authorised);
  CHECK(run.out.empty());
  CHECK(contains(run.err, "signed in as deploybot with the password from APP_DEPLOYBOT_PWD\n"));
  CHECK(run({"tool", "authenticate", "--json", "--url", server.url()}) == ExitCode::not_authorised);
  CHECK(run.json()["ok"] == false);
  CHECK(contains(run.err, run.json()["error"].get<std::string>()));
}

TEST_CASE("without a password one is told which variable to set, and why it is called so") {
  FakeOps server;
  CliRun run;
  CHECK(run({"tool", "authenticate", "--url", server.url()}) == ExitCode::not_authorised);
  CHECK(contains(run.err, "no password: set APP_DEPLOYBOT_PWD, or APP_DEPLOYBOT_PWD_FILE to"));
  CHECK(contains(run.err,
                 "\n  the variables begin with the application's name: \"name\" in ops.json"));
}
