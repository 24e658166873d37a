#include <cstdlib>

#include "deploying_app.hpp"

using namespace ops::deploy;

namespace {

std::string building_events(DeployingApp& app, const std::string& deploy) {
  std::string messages;
  for (const auto& event : app.deployer().events(deploy, 0)) {
    if (event.name == "production.building") messages += event.json + "\n";
  }
  return messages;
}

}  // namespace

TEST_CASE("a build changes the staged tree, and what it prints is told line by line") {
  DeployingApp app;
  app.settings.build_command = "echo building; cp source.txt message.txt; echo done";
  app.restart();
  const std::string deploy = app.deploy({{"source.txt", "built"}});
  CHECK(app.served() == "built");
  CHECK(building_events(app, deploy) == "{\"message\":\"building\"}\n{\"message\":\"done\"}\n");
  const DeployStatus status = app.status(deploy);
  CHECK(status.source.substr(0, 12) != status.release);
  CHECK(status.timings.contains("building"));
  app.pass();
  CHECK(building_events(app, deploy) == "{\"message\":\"building\"}\n{\"message\":\"done\"}\n");
  CHECK(app.status(deploy).timings.contains("building"));
}

TEST_CASE("events come while the build runs") {
  DeployingApp app;
  app.settings.build_command = "echo first; while [ ! -e go ]; do sleep 0.01; done; echo last";
  app.restart();
  const auto answer = app.send(zip_bytes({{"message.txt", "new"}}));
  REQUIRE(answer.ok());
  app.run_until([&] { return !app.deployer().events(answer->deploy, 0).empty(); });
  CHECK(app.status(answer->deploy).state == DeployState::building);
  CHECK(app.store().lock_holder()->phase == "building");
  const auto events = app.deployer().events(answer->deploy, 0);
  CHECK(events.back().json == "{\"message\":\"first\"}");
  for (const auto& staged : std::filesystem::directory_iterator(app.file("staging"))) {
    app.place().write("releases/staging/" + staged.path().filename().string() + "/go", "");
  }
  app.settle(answer->deploy);
  CHECK(app.switched() == 1);
  CHECK(app.deployer().events(answer->deploy, 1).front().json == "{\"message\":\"last\"}");
}

TEST_CASE("a build that fails ends the deploy, with its status, and nothing that serves changes") {
  DeployingApp app;
  app.serve({{"message.txt", "serving"}});
  app.settings.build_command = "echo broken >&2; exit 3";
  app.restart();
  const std::string before = app.releases_as_they_are();
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  CHECK(app.status(deploy).state == DeployState::failed);
  CHECK(app.status(deploy).error.message == "the build command exited with status 3");
  CHECK(app.status(deploy).error.code == "build-failed");
  CHECK(app.last_line().code == "build-failed");
  CHECK(app.releases_as_they_are() == before);
  CHECK(app.staging_is_empty());
  CHECK_FALSE(app.store().lock_holder());
  CHECK(app.place().read("releases/logs/" + deploy + ".log") == "broken\n");
  const auto events = app.deployer().events(deploy, 0);
  REQUIRE(events.size() == 3);
  CHECK(events[1].name == "production.error");
  CHECK(events[2].json == R"({"state":"failed"})");

  app.settings.build_command = "true";
  app.restart();
  CHECK(app.status(deploy).state == DeployState::failed);
  CHECK(app.send(zip_bytes({{"message.txt", "new"}})).ok());
}

TEST_CASE("a build that takes too long is stopped and the deploy fails") {
  DeployingApp app;
  app.settings.build_command = "sleep 60";
  app.settings.build_time = std::chrono::milliseconds(200);
  app.restart();
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  CHECK(app.status(deploy).state == DeployState::failed);
  CHECK(app.status(deploy).error.message == "the build took longer than 200 ms and was stopped");
  CHECK(app.staging_is_empty());
  CHECK_FALSE(app.store().lock_holder());
}

TEST_CASE("a build does not see the secrets") {
  DeployingApp app;
  ::setenv("DEPLOY_TEST_SECRET", "hidden", 1);
  ::setenv("DEPLOY_TEST_OTHER", "seen", 1);
  app.settings.secrets = {"DEPLOY_TEST_SECRET"};
  app.settings.build_command = "echo \"[$DEPLOY_TEST_SECRET] [$DEPLOY_TEST_OTHER]\"";
  app.restart();
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  CHECK(building_events(app, deploy) == "{\"message\":\"[] [seen]\"}\n");
  ::unsetenv("DEPLOY_TEST_SECRET");
  ::unsetenv("DEPLOY_TEST_OTHER");
}

TEST_CASE("carried paths come from the release that serves, for the first one from the image") {
  DeployingApp app;
  app.place().write("image-files/node_modules/a", "from the image");
  app.settings.carry = {"node_modules"};
  app.settings.shared = {{"data", app.place().file("kept")}};
  app.restart();
  app.serve({{"message.txt", "one"}});
  CHECK(app.place().read("releases/current/node_modules/a") == "from the image");
  CHECK(std::filesystem::is_symlink(app.file("current/data")));
  app.place().write("image-files/node_modules/a", "changed later");
  app.serve({{"message.txt", "two"}});
  CHECK(app.place().read("releases/current/node_modules/a") == "from the image");
  app.serve({{"message.txt", "three"}, {"node_modules/a", "uploaded"}});
  CHECK(app.place().read("releases/current/node_modules/a") == "uploaded");
}

TEST_CASE("a shared path that cannot be made fails the deploy and leaves nothing") {
  DeployingApp app;
  app.settings.shared = {{"data", "not-absolute"}};
  app.restart();
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  CHECK(app.status(deploy).state == DeployState::failed);
  CHECK(app.status(deploy).error.code == "internal-error");
  CHECK(app.status(deploy).error.message ==
        "cannot share data: its target must be an absolute path");
  CHECK(app.staging_is_empty());
}
