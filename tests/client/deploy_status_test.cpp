#include "client/deploy_status.hpp"

#include "catch.hpp"
#include "client/fake_ops.hpp"

using ops::client::DeployStatus;
using ops::client::failure_in;
using ops::client::FailureKind;
using ops::client::parse_deploy_status;
using ops::tests::status_body;

namespace {

FailureKind kind(const std::string& state, const std::string& timings) {
  const auto status = parse_deploy_status(status_body(state, "r", timings, "\"because\""));
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
  CHECK(status->error.empty());
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

TEST_CASE("a deploy that never started an instance failed in its build") {
  CHECK(kind("failed", R"({"building":5})") == FailureKind::build_failed);
}

TEST_CASE("a deploy that started an instance and failed was not ready") {
  CHECK(kind("failed", R"({"building":5,"starting":9})") == FailureKind::not_ready);
  CHECK(kind("rolled-back", "{}") == FailureKind::not_ready);
}

TEST_CASE("a deploy that serves, or changed nothing, did not fail") {
  CHECK_FALSE(failure_in(*parse_deploy_status(status_body("running", "r"))).has_value());
  CHECK_FALSE(failure_in(*parse_deploy_status(status_body("unchanged", "r"))).has_value());
}
