// Requests for what is being deployed already, or was by an earlier request of the same key.
#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "deploying_app.hpp"

using namespace ops::deploy;

namespace {

const Files some_files{{"message.txt", "new"}};

// A build that goes on until somebody writes the file `go` beside the releases.
struct BuildingApp : DeployingApp {
  BuildingApp() {
    settings.build_command = "while [ ! -e " + place().file("go") + " ]; do sleep 0.01; done";
    restart();
  }
  void let_build_end() { place().write("go", ""); }
  std::string begin_build(UploadRequest request) {
    const auto answer = send(zip_bytes(some_files), std::move(request));
    REQUIRE(answer.ok());
    return answer->deploy;
  }
  std::optional<Accepted> same(const UploadRequest& request) {
    const auto found = deployer().find_same(request);
    REQUIRE(found.ok());
    return *found;
  }
};

std::string digest_of(const std::string& bytes) {
  return ops::base::to_hex(ops::base::sha256(bytes));
}

}  // namespace

TEST_CASE("the same archive sent again while it runs joins that deploy, other content does not") {
  BuildingApp app;
  const std::string digest = digest_of(zip_bytes(some_files));
  const std::string deploy = app.begin_build({.expected_sha256 = digest});
  const auto joined = app.same({.by = "eve@tablet", .expected_sha256 = digest});
  REQUIRE(joined);
  CHECK(joined->deploy == deploy);
  CHECK(joined->joined);
  CHECK((joined->state == DeployState::extracting || joined->state == DeployState::building));
  CHECK_FALSE(app.same({.by = "bot@laptop", .expected_sha256 = digest_of("other")}));
  CHECK_FALSE(app.same({.by = "bot@laptop"}));

  app.let_build_end();
  app.settle(deploy);
  app.end();
  {
    // On trial it goes on, and another process answers.
    const auto held = app.lock();
    app.start();
    const auto on_trial = app.same({.by = "eve@tablet", .expected_sha256 = digest});
    REQUIRE(on_trial);
    CHECK(on_trial->deploy == deploy);
    CHECK(on_trial->state == DeployState::starting);
  }
  app.pass();
  CHECK_FALSE(app.same({.by = "bot@laptop", .expected_sha256 = digest}));
}

TEST_CASE("an offer of the same sources joins by their hash") {
  BuildingApp app;
  const std::string deploy = app.begin_build({});
  app.run_until([&] { return app.status(deploy).state == DeployState::building; });
  const std::string source = app.status(deploy).source;
  const auto joined =
      app.same({.by = "eve@tablet", .body = UploadRequest::Body::offer, .source = source});
  REQUIRE(joined);
  CHECK(joined->deploy == deploy);
  CHECK(joined->missing.empty());
}

TEST_CASE("the files that were missing carry the key of their deploy, also into the next process") {
  DeployingApp app;
  const auto offered =
      app.offer("{\"files\":[{\"path\":\"message.txt\",\"mode\":\"0644\",\"size\":3,\"sha256\":\"" +
                digest_of("new") + "\"}]}");
  REQUIRE(offered.ok());
  const UploadRequest rest{.by = "bot@laptop",
                           .idempotency_key = "rest",
                           .body = UploadRequest::Body::missing,
                           .deploy = offered->deploy};
  REQUIRE(app.send(zip_bytes(some_files), rest).ok());
  app.settle(offered->deploy);
  app.pass();
  const auto again = app.deployer().find_same(rest);
  REQUIRE(again.ok());
  REQUIRE(*again);
  CHECK((*again)->deploy == offered->deploy);
  CHECK((*again)->state == DeployState::running);
}

TEST_CASE("a request that comes again while its archive is unpacked is answered with that deploy") {
  DeployingApp app;
  const UploadRequest request{.by = "bot@laptop", .idempotency_key = "abc"};
  auto upload = app.deployer().begin(request);
  REQUIRE(upload.ok());
  REQUIRE((*upload)->write(zip_bytes(some_files)).ok());
  bool answered = false;
  (*upload)->finish([&](const DeployingApp::Outcome&) { answered = true; });
  const auto again = app.deployer().find_same(request);
  REQUIRE(again.ok());
  REQUIRE(*again);
  CHECK((*again)->deploy == (*upload)->deploy());
  CHECK_FALSE(answered);
  CHECK_FALSE(*app.deployer().find_same({.by = "eve@laptop", .idempotency_key = "abc"}));
}

TEST_CASE("a deploy that is being cancelled is joined by nobody") {
  BuildingApp app;
  const std::string digest = digest_of(zip_bytes(some_files));
  const std::string deploy = app.begin_build({.expected_sha256 = digest});
  app.run_until([&] { return app.status(deploy).state == DeployState::building; });
  REQUIRE(app.deployer().cancel(deploy, "bot@laptop").ok());
  CHECK_FALSE(app.same({.by = "bot@laptop", .expected_sha256 = digest}));
}

TEST_CASE("an upload that has not come whole is joined by nobody: it may break off") {
  DeployingApp app;
  const std::string digest = digest_of("zip");
  auto upload = app.deployer().begin({.by = "bot@laptop", .expected_sha256 = digest});
  REQUIRE(upload.ok());
  const auto same = app.deployer().find_same({.by = "eve@tablet", .expected_sha256 = digest});
  REQUIRE(same.ok());
  CHECK_FALSE(*same);
}

TEST_CASE("an idempotency key answers with the first deploy, however that ended") {
  DeployingApp app;
  const std::string zip = zip_bytes(some_files);
  const UploadRequest request{.by = "bot@laptop", .idempotency_key = "abc"};
  const auto first = app.send(zip, request);
  REQUIRE(first.ok());
  app.settle(first->deploy);
  app.fail("exited with status 1");
  const auto again = app.deployer().find_same({.by = "bot@ci", .idempotency_key = "abc"});
  REQUIRE(again.ok());
  REQUIRE(*again);
  CHECK((*again)->deploy == first->deploy);
  CHECK((*again)->state == DeployState::rolled_back);
  CHECK((*again)->joined);
  const auto others = app.deployer().find_same({.by = "eve@laptop", .idempotency_key = "abc"});
  REQUIRE(others.ok());
  CHECK_FALSE(*others);
}

TEST_CASE("an idempotency key with other content is refused") {
  DeployingApp app;
  const std::string zip = zip_bytes(some_files);
  const auto first = app.send(
      zip, {.by = "bot@laptop", .idempotency_key = "abc", .expected_sha256 = digest_of(zip)});
  REQUIRE(first.ok());
  const auto other = app.deployer().find_same(
      {.by = "bot@laptop", .idempotency_key = "abc", .expected_sha256 = digest_of("other")});
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().kind == RefusalKind::key_reused);
}

TEST_CASE("a request that was refused may be made again with its key") {
  DeployingApp app;
  const UploadRequest request{.by = "bot@laptop", .idempotency_key = "abc"};
  REQUIRE_FALSE(app.send("no zip", request).ok());
  const auto again = app.deployer().find_same(request);
  REQUIRE(again.ok());
  CHECK_FALSE(*again);
}

TEST_CASE("a rollback of the same key is made once") {
  DeployingApp app;
  app.serve(some_files);
  std::vector<DeployingApp::Outcome> answers;
  const RollbackRequest request{.to = "image", .by = "bot@laptop", .idempotency_key = "back"};
  const auto roll_back = [&] {
    app.deployer().roll_back(request, [&](const auto& outcome) {
      answers.push_back(outcome);
      app.loop().stop();
    });
  };
  roll_back();
  app.run_until([&] { return answers.size() == 1 && app.switched() == 1; });
  app.restart();
  roll_back();
  REQUIRE(answers.size() == 2);
  REQUIRE(answers[1].ok());
  CHECK(answers[1]->deploy == answers[0]->deploy);
  CHECK(answers[1]->state == DeployState::running);
  app.deployer().roll_back({.to = "0123456789ab", .by = "bot@laptop", .idempotency_key = "back"},
                           [&](const auto& outcome) { answers.push_back(outcome); });
  REQUIRE(answers.size() == 3);
  REQUIRE_FALSE(answers[2].ok());
  CHECK(answers[2].error().kind == RefusalKind::key_reused);
  CHECK_FALSE(app.deployer().find_same({.by = "bot@laptop", .idempotency_key = "back"}).ok());
}
