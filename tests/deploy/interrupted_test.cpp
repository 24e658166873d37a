#include "deploy/interrupted.hpp"

#include "deploying_app.hpp"
#include "journal_line_of.hpp"

using namespace ops::deploy;
using ops::release::EventKind;

namespace {

const std::string deploy_id = "d-0123456789abcdef0123";

void note(DeployingApp& app, EventKind event, const std::string& release = "") {
  REQUIRE(app.store().journal().append(line_of(event, deploy_id, release)).ok());
}

bool remains(DeployingApp& app) {
  return has_remains(app.store(), DeployRecords(*app.store().journal().read()));
}

}  // namespace

TEST_CASE("a directory where all is well has no remains") {
  DeployingApp app;
  CHECK_FALSE(remains(app));
  app.serve({{"message.txt", "new"}});
  CHECK_FALSE(remains(app));
  app.deploy({{"message.txt", "newer"}});
  CHECK_FALSE(remains(app));
}

TEST_CASE("a deploy that was killed before its switch is noted as interrupted at the next start") {
  DeployingApp app;
  app.end();
  note(app, EventKind::received);
  app.place().write("releases/staging/half/file", "x");
  CHECK(remains(app));
  app.start();
  CHECK(app.status(deploy_id).state == DeployState::failed);
  CHECK(app.staging_is_empty());
  CHECK_FALSE(remains(app));
}

TEST_CASE("while another holds the lock nothing is touched, and the next deploy clears up") {
  DeployingApp app;
  app.end();
  note(app, EventKind::received);
  app.place().write("releases/staging/half/file", "x");
  {
    const auto held = app.lock();
    app.start();
    CHECK(app.status(deploy_id).state == DeployState::extracting);
    CHECK_FALSE(app.staging_is_empty());
  }
  REQUIRE(app.send(zip_bytes({{"message.txt", "new"}})).ok());
  CHECK(app.status(deploy_id).state == DeployState::failed);
}

TEST_CASE("a release that was published and never switched to is removed") {
  DeployingApp app;
  app.end();
  note(app, EventKind::received);
  app.place().write("releases/0123456789ab/message.txt", "orphan");
  note(app, EventKind::published, "0123456789ab");
  app.start();
  CHECK_FALSE(app.store().has("0123456789ab"));
  CHECK(app.status(deploy_id).state == DeployState::failed);
}

TEST_CASE("a switch that was noted but never made ends the deploy as rolled back") {
  DeployingApp app;
  app.serve({{"message.txt", "serving"}});
  app.end();
  note(app, EventKind::received);
  app.place().write("releases/0123456789ab/message.txt", "new");
  note(app, EventKind::published, "0123456789ab");
  note(app, EventKind::switched, "0123456789ab");
  CHECK(remains(app));
  app.start();
  CHECK(app.served() == "serving");
  CHECK(app.status(deploy_id).state == DeployState::rolled_back);
  CHECK(app.status(deploy_id).error.code == "interrupted");
  CHECK(app.status(deploy_id).error.message.starts_with("interrupted: "));
  CHECK_FALSE(remains(app));
}

TEST_CASE("a release that never came to its name is noted as gone, so that it may come again") {
  DeployingApp app;
  app.end();
  note(app, EventKind::received);
  note(app, EventKind::published, "0123456789ab");
  app.start();
  CHECK(app.store().history()->find("0123456789ab")->removed);
  CHECK(app.status(deploy_id).state == DeployState::failed);
  CHECK_FALSE(remains(app));
}

TEST_CASE("what a deploy left is out of the way at once, and goes in the background") {
  DeployingApp app;
  app.end();
  note(app, EventKind::received);
  app.place().write("releases/staging/half/file", "x");
  app.start();
  CHECK(app.staging_is_empty());
  app.wait_until([&] { return std::filesystem::is_empty(app.file("staging")); });
}
