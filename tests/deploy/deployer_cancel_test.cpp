#include "deploying_app.hpp"

using namespace ops::deploy;

namespace {

void check_cancelled(DeployingApp& app, const std::string& deploy) {
  app.run_until([&] { return is_end(app.status(deploy).state) && !app.store().lock_holder(); });
  CHECK(app.status(deploy).state == DeployState::failed);
  CHECK(app.status(deploy).error.code == "cancelled");
  CHECK(app.status(deploy).error.message == "cancelled by eve@tablet");
  CHECK(app.staging_is_empty());
  CHECK(app.served() == "image");
  CHECK(app.last_line().code == "cancelled");
  CHECK(app.switched() == 0);
}

}  // namespace

TEST_CASE("a deploy that is cancelled in its build ends with all that the build has started") {
  DeployingApp app;
  app.settings.build_command = "sleep 60 & echo $!; exec sleep 60";
  app.restart();
  const auto answer = app.send(zip_bytes({{"message.txt", "new"}}));
  REQUIRE(answer.ok());
  const std::string pid = app.printed_pid(answer->deploy);
  REQUIRE(app.deployer().cancel(answer->deploy, "eve@tablet").ok());
  check_cancelled(app, answer->deploy);
  CHECK(app.deployer().events(answer->deploy, 0).back().name == "stream.end");
  // Nobody of its group is left: what it left to init is dead, reaped or not.
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string state;
  for (int field = 0; field < 3; ++field) stat >> state;
  CHECK((!stat || state == "Z"));
}

TEST_CASE("a deploy is cancelled while its files are looked at, and whoever sent them is told") {
  DeployingApp app;
  auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE(upload.ok());
  const std::string deploy = (*upload)->deploy();
  REQUIRE((*upload)->write(zip_bytes({{"message.txt", "new"}})).ok());
  std::optional<DeployingApp::Outcome> answer;
  (*upload)->finish([&](const DeployingApp::Outcome& outcome) {
    answer = outcome;
    app.loop().stop();
  });
  REQUIRE(app.deployer().cancel(deploy, "eve@tablet").ok());
  check_cancelled(app, deploy);
  app.run_until([&] { return answer.has_value(); });
  REQUIRE_FALSE(answer->ok());
  CHECK(answer->error().kind == RefusalKind::cancelled);
}

TEST_CASE("a deploy is cancelled while its archive comes; what comes after that is refused") {
  DeployingApp app;
  auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE(upload.ok());
  const std::string deploy = (*upload)->deploy();
  REQUIRE((*upload)->write("PK").ok());
  REQUIRE(app.deployer().cancel(deploy, "eve@tablet").ok());
  check_cancelled(app, deploy);
  CHECK_FALSE((*upload)->write("late").ok());
  const auto answer = app.finish(std::move(upload).value());
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == RefusalKind::cancelled);
}

TEST_CASE("an offer that waits for its files can be cancelled") {
  DeployingApp app;
  const auto offered = app.offer(R"({"files":[{"path":"a","mode":"0644","size":1,"sha256":")" +
                                 std::string(64, '0') + R"("}]})");
  REQUIRE(offered.ok());
  REQUIRE(app.deployer().cancel(offered->deploy, "eve@tablet").ok());
  check_cancelled(app, offered->deploy);
  const auto rest = app.send_rest(offered->deploy, {{"a", "x"}});
  REQUIRE_FALSE(rest.ok());
  CHECK(rest.error().kind == RefusalKind::cancelled);
}

TEST_CASE("what has switched or ended, or is not known, cannot be cancelled") {
  DeployingApp app;
  const auto kind = [&app](const std::string& deploy) {
    const auto outcome = app.deployer().cancel(deploy, "eve@tablet");
    REQUIRE_FALSE(outcome.ok());
    return outcome.error().kind;
  };
  CHECK(kind("20260101-000000-abcdef") == RefusalKind::no_such_deploy);
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  CHECK(kind(deploy) == RefusalKind::too_late);
  app.pass();
  CHECK(kind(deploy) == RefusalKind::too_late);
  CHECK(app.served() == "new");
}
