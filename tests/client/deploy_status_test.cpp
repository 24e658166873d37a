#include "client/deploy_status.hpp"

#include "catch.hpp"
#include "client/fake_ops.hpp"

using ops::client::DeployStatus;
using ops::client::failure_in;
using ops::client::FailureKind;
using ops::client::parse_deploy_status;
using ops::tests::failed_body;
using ops::tests::status_body;

namespace {

FailureKind kind(const std::string& state, const std::string& code) {
  const auto status = parse_deploy_status(failed_body(state, "r", code, "because"));
  const auto failure = failure_in(*status);
  REQUIRE(failure.has_value());
  CHECK(failure->message.find("because") != std::string::npos);
  return failure->kind;
}

}  // namespace

TEST_CASE("a status is read with its timings") {
  const auto status = parse_deploy_status(
      R"({"deployId":"d-1","state":"building","release":null,"timings":{"receiving":12},"error":null})");
  REQUIRE(status.ok());
  CHECK(status->deploy == "d-1");
  CHECK(status->state == "building");
  CHECK(status->release.empty());
  CHECK(status->timings.at("receiving") == 12);
  CHECK(status->error.message.empty());
}

TEST_CASE("a status without a usable id or state is refused") {
  const std::string text = GENERATE(
      "", "null", "[]", "{}", R"({"deployId":"d-1"})", R"({"deployId":"d-1","state":"resting"})",
      R"({"deployId":"../x","state":"running"})", R"({"deployId":"","state":"running"})",
      R"({"deployId":5,"state":"running"})");
  CHECK_FALSE(parse_deploy_status(text).ok());
}

TEST_CASE("a release whose name could be anything else is taken for none") {
  CHECK(parse_deploy_status(status_body("running", "a/../b"))->release.empty());
  CHECK(parse_deploy_status(status_body("running", std::string(65, 'a')))->release.empty());
}

TEST_CASE("why a deploy failed is what its code says, whatever state it ended in") {
  CHECK(kind("failed", "build-failed") == FailureKind::build_failed);
  CHECK(kind("failed", "not-ready") == FailureKind::not_ready);
  CHECK(kind("rolled-back", "not-ready") == FailureKind::not_ready);
  CHECK(kind("rolled-back", "superseded") == FailureKind::not_serving);
  for (const char* code : {"release-failed-before", "archive-refused", "too-large", "not-a-zip"}) {
    CHECK(kind("failed", code) == FailureKind::archive_refused);
  }
  for (const char* code : {"no-space", "internal-error", "interrupted", "of another version"}) {
    CHECK(kind("failed", code) == FailureKind::other);
  }
}

TEST_CASE("a code that is not known here leaves what the state says") {
  CHECK(kind("rolled-back", "of another version") == FailureKind::not_ready);
  CHECK(kind("failed", "") == FailureKind::other);
}

TEST_CASE("a deploy that serves, or changed nothing, did not fail") {
  CHECK_FALSE(failure_in(*parse_deploy_status(status_body("running", "r"))).has_value());
  CHECK_FALSE(failure_in(*parse_deploy_status(status_body("unchanged", "r"))).has_value());
}
