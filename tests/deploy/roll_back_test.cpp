#include "deploy/roll_back.hpp"

#include "deploying_app.hpp"

using namespace ops::deploy;
using ops::release::EventKind;

TEST_CASE("a rollback switches to the previous release, and back again") {
  DeployingApp app;
  const std::string one = app.serve({{"message.txt", "one"}});
  const std::string two = app.serve({{"message.txt", "two"}});
  const auto back = app.roll_back("previous");
  REQUIRE(back.ok());
  CHECK(back->state == DeployState::starting);
  CHECK(app.switched() == 1);
  CHECK(app.served() == "one");
  CHECK(app.store().previous() == two);
  CHECK(app.last_line().event == EventKind::rolled_back);
  CHECK(app.last_line().by == "bot@laptop");
  CHECK(app.last_line().deploy == back->deploy);
  CHECK(app.status(back->deploy).state == DeployState::starting);
  CHECK_FALSE(app.deployer().begin({.by = "bot@laptop"}).ok());
  app.pass();
  CHECK(app.status(back->deploy).state == DeployState::running);
  CHECK(app.status(back->deploy).release == one);
  const auto forth = app.roll_back(two);
  REQUIRE(forth.ok());
  CHECK(app.served() == "two");
}

TEST_CASE("a rollback goes as many healthy releases back as it says, to the image at most") {
  DeployingApp app;
  app.settings.keep = 5;
  app.restart();
  const std::string one = app.serve({{"message.txt", "one"}});
  const std::string two = app.serve({{"message.txt", "two"}});
  app.deploy({{"message.txt", "broken"}});
  app.fail("it broke");
  const std::string three = app.serve({{"message.txt", "three"}});
  const auto meant = [&app](const std::string& to) {
    const auto target = rollback_target(app.store(), to);
    return target ? *target : std::string(code(target.error().kind));
  };
  CHECK(meant("@{0}") == "already-active");
  CHECK(meant("@{1}") == two);
  CHECK(meant("@{2}") == one);
  CHECK(meant("@{3}") == "image");
  CHECK(meant("@{4}") == "no-such-release");
  for (const char* no_number : {"@{}", "@{-1}", "@{1", "@{1x}", "@{99999999999999999999}"}) {
    CHECK(meant(no_number) == "no-such-release");
  }
}

TEST_CASE("a rollback to a release that fails now is taken back") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  app.serve({{"message.txt", "two"}});
  const auto back = app.roll_back("previous");
  REQUIRE(back.ok());
  app.fail("not ready in time");
  CHECK(app.served() == "two");
  CHECK(app.status(back->deploy).state == DeployState::rolled_back);
  CHECK(app.status(back->deploy).error.message == "not ready in time");
}

TEST_CASE("there is no going back to a release that was healthy once and failed since") {
  DeployingApp app;
  const std::string one = app.serve({{"message.txt", "one"}});
  app.serve({{"message.txt", "two"}});
  REQUIRE(app.roll_back("previous").ok());
  app.fail("not ready in time");
  const auto refused = app.roll_back(one);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message == "release " + one +
                                       " failed its latest trial, so there is no going back to it: "
                                       "deploy it again by force (ops deploy quick --force)");
}

TEST_CASE("a rollback to the image ends when the process has ended") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  const auto back = app.roll_back("image");
  REQUIRE(back.ok());
  CHECK(app.served() == "image");
  CHECK(app.status(back->deploy).state == DeployState::starting);
  app.restart();
  CHECK(app.status(back->deploy).state == DeployState::running);
}

TEST_CASE("only releases that were healthy, are there and do not serve can be gone back to") {
  DeployingApp app;
  app.deploy({{"message.txt", "bad"}});
  const std::string bad = *app.store().current();
  app.fail("exited with 1");
  const std::string before = app.releases_as_they_are();
  const auto refused = [&app](const std::string& to) {
    const auto outcome = app.roll_back(to);
    REQUIRE_FALSE(outcome.ok());
    CHECK_FALSE(outcome.error().message.empty());
    return outcome.error().kind;
  };
  CHECK(refused("previous") == RefusalKind::no_such_release);
  CHECK(refused("0123456789ab") == RefusalKind::no_such_release);
  CHECK(refused("../../etc") == RefusalKind::no_such_release);
  CHECK(refused("") == RefusalKind::no_such_release);
  CHECK(refused("current") == RefusalKind::no_such_release);
  CHECK(refused(bad) == RefusalKind::no_such_release);
  CHECK(refused("image") == RefusalKind::already_active);
  CHECK(app.releases_as_they_are() == before);
  CHECK(app.switched() == 0);
  CHECK_FALSE(app.store().lock_holder());
}
