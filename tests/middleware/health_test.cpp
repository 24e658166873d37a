#include "middleware/health.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"

namespace ops::middleware {
namespace {

Response probe(Phase phase, std::string_view query, std::vector<HeaderField> headers = {}) {
  Request request;
  request.query = query;
  request.headers = std::move(headers);
  return answer_probe("readyz", ready_checks(phase), request);
}

TEST_CASE("readiness is green only between start and drain") {
  CHECK(probe(Phase::starting, "").status == 503);
  CHECK(probe(Phase::ready, "").status == 200);
  CHECK(probe(Phase::ready, "").body == "ok");
  CHECK(probe(Phase::draining, "").status == 503);
}

TEST_CASE("liveness is green whatever the phase") {
  CHECK(answer_probe("livez", live_checks(), Request{}).status == 200);
}

TEST_CASE("a verbose probe has a line a check and a last line, as Kubernetes writes them") {
  CHECK(probe(Phase::ready, "verbose").body ==
        "[+]ping ok\n[+]startup ok\n[+]shutdown ok\nreadyz check passed\n");
  CHECK(probe(Phase::ready, "verbose=1&x=y").body.ends_with("readyz check passed\n"));
}

TEST_CASE("a probe that fails says which check, verbose or not") {
  CHECK(probe(Phase::draining, "").body ==
        "[+]ping ok\n[+]startup ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n");
}

TEST_CASE("an excluded check does not count") {
  CHECK(probe(Phase::draining, "exclude=shutdown").status == 200);
  CHECK(probe(Phase::draining, "verbose&exclude=ping&exclude=shutdown").body ==
        "[+]ping excluded: ok\n[+]startup ok\n[+]shutdown excluded: ok\nreadyz check passed\n");
  CHECK(probe(Phase::draining, "exclude=shut").status == 503);
}

TEST_CASE("who asks for health+json gets it") {
  const Response response = probe(Phase::starting, "", {{"Accept", "application/health+json"}});
  CHECK(response.status == 503);
  CHECK(response.content_type == "application/health+json");
  const auto body = nlohmann::json::parse(response.body);
  CHECK(body["status"] == "fail");
  CHECK(body["checks"]["startup"][0]["status"] == "fail");
  CHECK(body["checks"]["ping"][0]["status"] == "pass");
}

TEST_CASE("a single check answers for itself, and an unknown one is not found") {
  const auto checks = ready_checks(Phase::draining);
  CHECK(answer_single_check("startup", checks).status == 200);
  CHECK(answer_single_check("shutdown", checks).status == 503);
  CHECK(answer_single_check("nothing", checks).status == 404);
}

}  // namespace
}  // namespace ops::middleware
