#include "deploying_app.hpp"

using namespace ops::deploy;

TEST_CASE("while a deploy is received another is refused, and told which one runs") {
  DeployingApp app;
  auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE(upload.ok());
  const auto second = app.deployer().begin({.by = "eve@tablet"});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == RefusalKind::busy);
  CHECK(second.error().running_deploy == (*upload)->deploy());
  CHECK(second.error().message ==
        "deploy " + (*upload)->deploy() + " is running (receiving, for 0 s): wait for its end");
  const auto back = app.roll_back("image");
  REQUIRE_FALSE(back.ok());
  CHECK(back.error().kind == RefusalKind::busy);
}

TEST_CASE("after the switch the lock is held until the process ends") {
  DeployingApp app;
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  const auto second = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().running_deploy == deploy);
  CHECK(app.store().lock_holder()->phase == "starting");
  app.end();
  CHECK_FALSE(app.store().lock_holder());
}

TEST_CASE("during the trial a deploy is refused as running, by the supervisor's word") {
  DeployingApp app;
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  app.end();
  auto held = app.lock();
  REQUIRE(held.describe(deploy, "starting").ok());
  app.start();
  const auto refused = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::busy);
  CHECK(refused.error().running_deploy == deploy);
  CHECK(app.status(deploy).state == DeployState::starting);
}

TEST_CASE("a Deployer that is destroyed while it unpacks waits, and the lock is free") {
  DeployingApp app;
  auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE(upload.ok());
  REQUIRE((*upload)->write(zip_bytes({{"message.txt", "new"}})).ok());
  bool answered = false;
  (*upload)->finish([&](const DeployingApp::Outcome&) { answered = true; });
  app.end();
  CHECK_FALSE(app.store().lock_holder());
  CHECK_FALSE((*upload)->write("late").ok());
  upload->reset();
  app.loop().run_pending();
  CHECK_FALSE(answered);
  app.start();
  CHECK(app.staging_is_empty());
  CHECK(app.served() == "image");
}

TEST_CASE("a Deployer that is destroyed kills the build, and the next one notes it") {
  DeployingApp app;
  app.settings.build_command = "echo $$; exec sleep 60";
  app.restart();
  const auto answer = app.send(zip_bytes({{"message.txt", "new"}}));
  REQUIRE(answer.ok());
  const std::string pid = app.printed_pid(answer->deploy);
  app.end();
  CHECK_FALSE(std::filesystem::exists("/proc/" + pid));
  app.start();
  CHECK(app.status(answer->deploy).state == DeployState::failed);
  CHECK(app.status(answer->deploy).error.message ==
        "interrupted: the app ended before the deploy was done");
  CHECK(app.deployer().events(answer->deploy, 0).back().name == "stream.end");
  CHECK(app.staging_is_empty());
}

TEST_CASE("a Deployer that is destroyed does not wait for the end of what it reads or copies") {
  DeployingApp app;
  // Nobody reads a tebibyte of nothing to its end within the time of a test.
  SECTION("while it hashes") {
    app.settings.build_command = "truncate -s 1T huge";
    app.restart();
    REQUIRE(app.send(zip_bytes({{"message.txt", "new"}})).ok());
    app.wait_until([&] { return app.last_line().event == ops::release::EventKind::built; });
  }
  SECTION("while it carries over") {
    app.place().write("image-files/huge", "");
    std::filesystem::resize_file(app.place().file("image-files/huge"), std::uintmax_t{1} << 40);
    app.settings.carry = {"huge"};
    app.restart();
    REQUIRE(app.send(zip_bytes({{"message.txt", "new"}})).ok());
    app.wait_until([&] { return app.last_line().event == ops::release::EventKind::received; });
  }
  app.end();
  CHECK_FALSE(app.store().lock_holder());
  CHECK(app.served() == "image");
}
