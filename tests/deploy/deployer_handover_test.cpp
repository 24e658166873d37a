// The process that has switched serves on, and the supervisor judges the release meanwhile.

#include "deploying_app.hpp"

using namespace ops::deploy;

namespace {

void check_busy(DeployingApp& app, const std::string& deploy) {
  const auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE_FALSE(upload.ok());
  CHECK(upload.error().kind == RefusalKind::busy);
  CHECK(upload.error().running_deploy == deploy);
  CHECK(upload.error().message.find("(starting, ") != std::string::npos);
  const auto back = app.roll_back("image");
  REQUIRE_FALSE(back.ok());
  CHECK(back.error().kind == RefusalKind::busy);
}

void check_next_deploy_works(DeployingApp& app) {
  auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE(upload.ok());
}

}  // namespace

TEST_CASE("who hands over frees the lock at once, and deploys nothing until the end is known") {
  DeployingApp app;
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  app.deployer().hand_over();
  CHECK_FALSE(app.store().lock_holder());
  check_busy(app, deploy);
  CHECK(app.status(deploy).state == DeployState::starting);
  {
    auto held = app.lock();
    REQUIRE(held.describe(deploy, "starting").ok());
    check_busy(app, deploy);
    SECTION("a release that is found healthy") {
      REQUIRE(ops::release::pass_trial(app.store(), held, *app.store().current()).ok());
      CHECK(app.status(deploy).state == DeployState::starting);
    }
    SECTION("a release that fails") {
      const auto back =
          ops::release::fail_trial(app.store(), held, *app.store().current(), "it exited");
      REQUIRE(back.ok());
      CHECK(*back == "image");
      CHECK(app.status(deploy).state == DeployState::starting);
    }
    SECTION("a release that the supervisor could write nothing about") {}
  }
  if (app.last_line().event == ops::release::EventKind::healthy) {
    CHECK(app.status(deploy).state == DeployState::running);
  }
  if (app.last_line().event == ops::release::EventKind::reverted) {
    CHECK(app.status(deploy).state == DeployState::rolled_back);
    CHECK(app.status(deploy).error.code == "not-ready");
    CHECK(app.served() == "image");
  }
  check_next_deploy_works(app);
}

TEST_CASE("who follows a deploy in the old process hears of its end") {
  DeployingApp app;
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  app.deployer().hand_over();
  {
    auto held = app.lock();
    REQUIRE(held.describe(deploy, "starting").ok());
    REQUIRE(ops::release::fail_trial(app.store(), held, *app.store().current(), "no").ok());
  }
  app.run_until([&] { return is_end(app.status(deploy).state); });
  CHECK(app.deployer().events(deploy, 0).back().name == "stream.end");
}

TEST_CASE("a rollback is handed over as a deploy is") {
  DeployingApp app;
  const std::string first = app.serve({{"message.txt", "one"}});
  app.serve({{"message.txt", "two"}});
  const auto answer = app.roll_back(first);
  REQUIRE(answer.ok());
  app.settle(answer->deploy);
  app.deployer().hand_over();
  CHECK_FALSE(app.store().lock_holder());
  check_busy(app, answer->deploy);
  {
    auto held = app.lock();
    REQUIRE(held.describe(answer->deploy, "starting").ok());
    CHECK(app.status(answer->deploy).state == DeployState::starting);
    REQUIRE(ops::release::pass_trial(app.store(), held, first).ok());
  }
  CHECK(app.status(answer->deploy).state == DeployState::running);
  check_next_deploy_works(app);
}

TEST_CASE("that the image runs is not told by a process that serves another release") {
  DeployingApp app;
  app.serve({{"message.txt", "new"}});
  const auto answer = app.roll_back("image");
  REQUIRE(answer.ok());
  app.settle(answer->deploy);
  app.deployer().hand_over();
  CHECK(app.status(answer->deploy).state == DeployState::starting);
  check_busy(app, answer->deploy);
  app.restart();
  CHECK(app.status(answer->deploy).state == DeployState::running);
  check_next_deploy_works(app);
}

TEST_CASE("a process that is ending begins no deploy and says to try again") {
  DeployingApp app;
  app.serve({{"message.txt", "new"}});
  app.deployer().leave();
  const auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE_FALSE(upload.ok());
  CHECK(upload.error().kind == RefusalKind::leaving);
  const auto back = app.roll_back("image");
  REQUIRE_FALSE(back.ok());
  CHECK(back.error().kind == RefusalKind::leaving);
  CHECK_FALSE(app.store().lock_holder());
}

TEST_CASE("a deploy that is under way when its process is told to end switches nothing") {
  DeployingApp app;
  app.settings.build_command =
      "while [ ! -e '" + app.place().file("go") + "' ]; do sleep 0.01; done";
  app.restart();
  const auto answer = app.send(zip_bytes({{"message.txt", "new"}}));
  REQUIRE(answer.ok());
  app.deployer().leave();
  app.place().write("go", "");
  app.settle(answer->deploy);
  CHECK(app.switched() == 0);
  CHECK(app.status(answer->deploy).state == DeployState::failed);
  CHECK(app.status(answer->deploy).error.code == "shutting-down");
  CHECK(app.served() == "image");
  CHECK(app.staging_is_empty());
}

TEST_CASE("a deploy that ended with the process beside this one is noted as interrupted") {
  DeployingApp app;
  app.end();
  auto held = std::make_optional(app.lock());
  REQUIRE(held->describe("d-0123456789abcdef0123", "building").ok());
  ops::release::JournalEntry received;
  received.event = ops::release::EventKind::received;
  received.deploy = "d-0123456789abcdef0123";
  app.start();
  REQUIRE(app.store().journal().append(received).ok());
  app.run_until([&] {
    const auto known = app.deployer().status(received.deploy);
    return known && known->state == DeployState::extracting;
  });
  app.wait_until([&] { return app.store().lock_holder().has_value(); });
  held.reset();
  app.run_until([&] { return is_end(app.status(received.deploy).state); });
  CHECK(app.status(received.deploy).error.code == "interrupted");
}
