#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "client/fake_ops.hpp"
#include "temporary_directory.hpp"

using ops::cli::ExitCode;
using ops::tests::error_body;
using ops::tests::event;
using ops::tests::failed_body;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;
using ops::tests::status_body;

namespace {

const std::string upload_line = "POST /admin/deploy-quick";
const std::string status_line = std::string("GET /admin/deploys/") + FakeOps::deploy;
const std::string events_line = status_line + "/events";

// A project of three files, its server, and the person who deploys it.
struct DeployedProject {
  DeployedProject() {
    files.write("ops.json", R"({"name":"hello","url":")" + server.url() + "\"}");
    files.write("message.txt", "hello\n");
    files.write(".gitignore", "*.log\n");
    files.write("noise.log", "noise\n");
    run.environment["HELLO_DEPLOYBOT_PWD"] = FakeOps::password;
    run.directory = files.path();
  }

  ExitCode deploy(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"deploy", "quick"});
    return run(more);
  }
  void answer_upload(int status, const std::string& body) {
    server.on(upload_line, [=](FakeExchange& exchange) {
      exchange.read_body();
      exchange.reply(status, body);
    });
  }
  void answer_status(const std::string& body) {
    server.on(status_line, [=](FakeExchange& exchange) { exchange.reply(200, body); });
  }
  // The state tells everything; there are no events to switch the release.
  void send_no_events() {
    server.on(events_line, [](FakeExchange& exchange) { exchange.reply(204, ""); });
  }

  FakeOps server;
  TemporaryDirectory files;
  CliRun run;
};

}  // namespace

TEST_CASE("deploy quick tells each step and ends with what serves") {
  DeployedProject project;
  CHECK(project.deploy() == ExitCode::done);
  CHECK(project.run.out.find("serving 3f9a1c20b7e4 (was 8d02e5af6611), ") == 0);
  CHECK(project.run.out.ends_with(" in all\n"));
  const std::string& err = project.run.err;
  CHECK(contains(err, "  scanned   3 files, "));
  CHECK(contains(err, "  packed    "));
  CHECK(contains(err, "  uploaded  "));
  CHECK(contains(err, "  building"));
  CHECK(contains(err, "  | compiling\n  | linking\n"));
  CHECK(contains(err, "  starting  starting 3f9a1c20b7e4\n"));
  CHECK(contains(err, "`ops deploy rollback` goes back"));
  CHECK(err.find('\x1b') == std::string::npos);
}

TEST_CASE("deploy quick on a terminal shows a bar and colours") {
  DeployedProject project;
  project.run.look = ops::cli::Look::terminal;
  CHECK(project.deploy() == ExitCode::done);
  CHECK(contains(project.run.err, "uploading ["));
  CHECK(contains(project.run.err, "\x1b[2m  | compiling\x1b[0m"));
  CHECK(project.run.out.find('\x1b') == std::string::npos);
}

TEST_CASE("deploy quick --json prints one object") {
  DeployedProject project;
  CHECK(project.deploy({"--json"}) == ExitCode::done);
  const auto json = project.run.json();
  REQUIRE(json.is_object());
  CHECK(json.size() == 8);
  CHECK(json["ok"] == true);
  CHECK(json["deployId"] == FakeOps::deploy);
  CHECK(json["release"] == FakeOps::new_release);
  CHECK(json["state"] == "running");
  CHECK(json["previous"] == FakeOps::old_release);
  CHECK(json["url"] == project.server.url());
  CHECK(json["timings"]["building"] == 5);
  for (const char* phase : {"scanning", "packing", "uploading", "total"}) {
    CHECK(json["timings"][phase].is_number_integer());
  }
  CHECK(json["error"].is_null());
  CHECK(project.run.out.find('\n') == project.run.out.size() - 1);
}

TEST_CASE("deploy quick --dry-run sends nothing") {
  DeployedProject project;
  project.run.environment.clear();
  CHECK(project.deploy({"--dry-run"}) == ExitCode::done);
  CHECK(contains(project.run.out, "would deploy " + project.files.path().string() + " (3 files, "));
  CHECK(project.deploy({"--dry-run", "--json"}) == ExitCode::done);
  CHECK(project.run.json()["files"] == 3);
  CHECK(project.run.json()["dryRun"] == true);
  CHECK(project.server.server().requests().empty());
}

TEST_CASE("a deploy of what serves already says unchanged and exits 0") {
  DeployedProject project;
  project.answer_upload(200, R"({"ok":true,"deployId":"d-20260504-1","state":"unchanged"})");
  project.answer_status(status_body("unchanged", FakeOps::old_release));
  CHECK(project.deploy() == ExitCode::done);
  CHECK(project.run.out.find("unchanged: 8d02e5af6611 serves already, ") == 0);
}

TEST_CASE("deploy quick --force asks for it") {
  DeployedProject project;
  CHECK(project.deploy({"--force"}) == ExitCode::done);
  CHECK(project.server.count(upload_line + "?force=1") == 1);
}

TEST_CASE("a server that is not there exits 1 and is named") {
  DeployedProject project;
  project.server.server().go_down();
  CHECK(project.deploy() == ExitCode::other);
  CHECK(contains(project.run.err,
                 "ops: cannot reach " + project.server.url() + ": Connection refused\n"));
  CHECK(contains(project.run.err,
                 "  is a server running there? --url, or \"url\" in ops.json, names another\n"));
}

TEST_CASE("a tree that cannot be packed exits 1 before anything is sent") {
  DeployedProject project;
  std::filesystem::create_symlink("message.txt", project.files.path() / "link");
  CHECK(project.deploy({"--json"}) == ExitCode::other);
  CHECK(contains(project.run.err, "cannot pack link: it is a symbolic link"));
  CHECK(project.run.json()["ok"] == false);
  CHECK(project.run.json()["deployId"].is_null());
  CHECK(project.server.server().requests().empty());
}

TEST_CASE("wrong credentials exit 10 and say where the password comes from") {
  DeployedProject project;
  SECTION("a wrong password") { project.run.environment["HELLO_DEPLOYBOT_PWD"] = "wrong"; }
  SECTION("no password") { project.run.environment.clear(); }
  SECTION("too many attempts") {
    project.server.on("POST /auth", [](FakeExchange& exchange) {
      exchange.reply(429, error_body("too-many-attempts", "wait"), {{"retry-after", "7"}});
    });
  }
  CHECK(project.deploy() == ExitCode::not_authorised);
  CHECK(contains(project.run.err, "HELLO_DEPLOYBOT_PWD"));
  CHECK(contains(project.run.err, "exit code 10"));
  CHECK(project.server.count(upload_line) == 0);
}

TEST_CASE("a deploy that is running already exits 11") {
  DeployedProject project;
  project.server.on(upload_line, [](FakeExchange& exchange) {
    exchange.reply(409, error_body("deploy-running", "another deploy is running"),
                   {{"location", "/admin/deploys/d-other"}});
  });
  CHECK(project.deploy() == ExitCode::busy);
  CHECK(contains(project.run.err, "try again when deploy d-other has ended"));
}

TEST_CASE("a server's own words about the deploy that is running are not said again") {
  DeployedProject project;
  project.server.on(upload_line, [](FakeExchange& exchange) {
    exchange.reply(409, error_body("deploy-running", "deploy d-other is running: wait for its end"),
                   {{"location", "/admin/deploys/d-other"}});
  });
  CHECK(project.deploy() == ExitCode::busy);
  CHECK_FALSE(contains(project.run.err, "try again"));
}

TEST_CASE("a server that is none of ours is asked about") {
  DeployedProject project;
  project.server.on("GET /ping", [](FakeExchange& exchange) { exchange.reply(404, "<html>"); });
  CHECK(project.deploy() == ExitCode::other);
  CHECK(contains(project.run.err, "the server answers 404; is that an ops server?\n"));
}

TEST_CASE("a build that fails exits 12, shows its output and what serves") {
  DeployedProject project;
  project.answer_status(failed_body("failed", "", "build-failed", "exit status 2"));
  project.server.on(events_line, [](FakeExchange& exchange) {
    exchange.begin_stream();
    exchange.send(event(1, "production.building", R"({"message":"error: \u001b[2Joops"})"));
    exchange.send(event(2, "stream.end", R"({"state":"failed"})"));
  });
  CHECK(project.deploy({"--json"}) == ExitCode::build_failed);
  CHECK(contains(project.run.err, "  | error: oops\n"));
  CHECK(contains(project.run.err, "ops: the build failed: exit status 2\n"));
  CHECK(contains(project.run.err, "ended while building; 8d02e5af6611 serves; exit code 12"));
  CHECK(project.run.json()["state"] == "failed");
  CHECK(project.run.json()["error"] == "the build failed: exit status 2");
}

TEST_CASE("a build that fails without a word is told as a build that failed") {
  DeployedProject project;
  project.answer_status(failed_body("failed", "", "build-failed", "exit status 2"));
  project.send_no_events();
  CHECK(project.deploy() == ExitCode::build_failed);
  CHECK(contains(project.run.err, "ended while building; "));
}

TEST_CASE("only a build that failed is told as one") {
  struct Case {
    std::string code;
    ExitCode exit_code;
  };
  for (const Case& ended :
       {Case{"release-failed-before", ExitCode::archive_refused}, Case{"no-space", ExitCode::other},
        Case{"interrupted", ExitCode::other}, Case{"internal-error", ExitCode::other},
        Case{"superseded", ExitCode::not_serving}, Case{"of another version", ExitCode::other}}) {
    INFO(ended.code);
    DeployedProject project;
    project.answer_status(failed_body("failed", "", ended.code, "the reason"));
    project.send_no_events();
    CHECK(project.deploy() == ended.exit_code);
    CHECK(contains(project.run.err, "ops: the deploy failed: the reason\n"));
    CHECK(contains(project.run.err, "  ended while building; "));
  }
}

TEST_CASE("a release that fails its trial exits 13, with the app's last words") {
  DeployedProject project;
  project.send_no_events();
  SECTION("rolled back") {
    project.answer_status(failed_body("rolled-back", FakeOps::new_release, "not-ready",
                                      R"(exit status 1\nlast words)"));
  }
  SECTION("failed, and nobody could note the way back") {
    project.answer_status(
        failed_body("failed", FakeOps::new_release, "not-ready", R"(exit status 1\nlast words)"));
  }
  CHECK(project.deploy() == ExitCode::not_ready);
  CHECK(contains(project.run.err, "the release was not ready: exit status 1\n  last words\n"));
  CHECK(contains(project.run.err, "8d02e5af6611 serves; exit code 13"));
}

TEST_CASE("a server that does not answer in time exits 15") {
  DeployedProject project;
  project.server.on(events_line, [](FakeExchange& exchange) { exchange.hang(); });
  CHECK(project.deploy({"--timeout", "0.3"}) == ExitCode::timed_out);
  CHECK(contains(project.run.err, "`ops deploy history` shows what serves"));
}

TEST_CASE("an archive that is refused exits 16") {
  DeployedProject project;
  SECTION("413") { project.answer_upload(413, error_body("too-large", "too large")); }
  SECTION("415") { project.answer_upload(415, error_body("not-a-zip", "no zip")); }
  SECTION("422") { project.answer_upload(422, error_body("archive-refused", "bad-name: a")); }
  CHECK(project.deploy() == ExitCode::archive_refused);
  CHECK(contains(project.run.err, "8d02e5af6611 serves; exit code 16"));
}

TEST_CASE("a server without space exits 1 and says so") {
  DeployedProject project;
  project.answer_upload(507, error_body("no-space", "no space left"));
  CHECK(project.deploy() == ExitCode::other);
  CHECK(contains(project.run.err, "cannot deploy: no space left"));
}

TEST_CASE("a server that serves something else exits 17") {
  DeployedProject project;
  project.send_no_events();
  CHECK(project.deploy({"--timeout", "0.5"}) == ExitCode::not_serving);
  CHECK(contains(project.run.err, "serves 8d02e5af6611, not 3f9a1c20b7e4"));
}
