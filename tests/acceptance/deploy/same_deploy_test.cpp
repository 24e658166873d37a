// What is asked for twice, and what is wanted no more, over HTTP.
#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "catch.hpp"
#include "demo.hpp"

using nlohmann::json;

namespace {

// Its build goes on until the file `go` is written beside the releases.
struct BuildingDemo : Demo {
  BuildingDemo() : Demo({"--build", "while [ ! -e ../../../go ]; do sleep 0.01; done"}) {
    edit("message.txt", "new");
  }
  void let_build_end() { directory().write("go", ""); }

  json post(const std::string& body, const std::string& fields, int status) {
    const auto answer = request(port(), "POST", "/admin/deploy-quick",
                                sign_in() + "Content-Type: application/zip\r\n" + fields, body);
    REQUIRE(answer);
    INFO(answer->body << log());
    REQUIRE(answer->status == status);
    return json::parse(answer->body);
  }
  // The stream ends with the deploy, or with the process that tells of it.
  json end_of(const std::string& deploy) {
    const std::string path = "/admin/deploys/" + deploy;
    for (;;) {
      static_cast<void>(get(path + "/events", sign_in()));
      const json status = json::parse(get(path, sign_in()).body);
      const std::string state = status["state"];
      if (state == "running" || state == "failed" || state == "rolled-back") return status;
    }
  }
};

std::string digest_field(const std::string& body) {
  return "x-content-sha256: " + ops::base::to_hex(ops::base::sha256(body)) + "\r\n";
}

}  // namespace

TEST_CASE("the same archive sent again is answered with the deploy of it that goes on") {
  BuildingDemo demo;
  const std::string zip = demo.zip(), digest = digest_field(zip);
  const json first = demo.post(zip, digest, 202);
  CHECK_FALSE(first.contains("joined"));
  const json second = demo.post(zip, digest, 202);
  CHECK(second["deployId"] == first["deployId"]);
  CHECK(second["joined"] == true);
  CHECK(demo.post(zip + " ", digest_field("else"), 409)["error"]["code"] == "deploy-running");
  demo.let_build_end();
  CHECK(demo.end_of(first["deployId"])["state"] == "running");
  CHECK(demo.message() == "new");
}

TEST_CASE("a request with the key of an earlier one is answered with its deploy, also much later") {
  BuildingDemo demo;
  demo.let_build_end();
  const std::string zip = demo.zip(), key = "Idempotency-Key: ci-1234/5\r\n";
  const json first = demo.post(zip, digest_field(zip) + key, 202);
  CHECK(demo.end_of(first["deployId"])["state"] == "running");
  const json again = demo.post(zip, digest_field(zip) + key, 202);
  CHECK(again["deployId"] == first["deployId"]);
  CHECK(again["state"] == "running");
  const json other = demo.post("x", digest_field("x") + key, 422);
  CHECK(other["error"]["code"] == "idempotency-key-reused");
  CHECK(demo.post(zip, "Idempotency-Key: a b\r\n", 400)["error"]["code"] == "bad-idempotency-key");
  const std::string longest(255, 'k');
  CHECK(demo.post(zip, "Idempotency-Key: " + longest + "\r\n", 200)["state"] == "unchanged");
  CHECK(demo.post(zip, "Idempotency-Key: " + longest + "k\r\n", 400)["ok"] == false);
}

TEST_CASE("a deploy that is cancelled leaves what runs as it is, and the next one is let in") {
  BuildingDemo demo;
  const std::string before = demo.releases_as_text();
  const json begun = demo.post(demo.zip(), "", 202);
  const std::string path = "/admin/deploys/" + begun["deployId"].get<std::string>();
  CHECK(request(demo.port(), "DELETE", path)->status == 401);
  CHECK(request(demo.port(), "DELETE", "/admin/deploys/none", demo.sign_in())->status == 404);
  const auto cancelled = request(demo.port(), "DELETE", path, demo.sign_in());
  REQUIRE(cancelled);
  CHECK(cancelled->status == 202);
  const json end = demo.end_of(begun["deployId"]);
  CHECK(end["state"] == "failed");
  CHECK(end["error"]["code"] == "cancelled");
  CHECK(demo.releases_as_text() == before);
  const auto late = request(demo.port(), "DELETE", path, demo.sign_in());
  CHECK(late->status == 409);
  CHECK(json::parse(late->body)["error"]["code"] == "too-late");
  demo.let_build_end();
  CHECK(demo.deploy().status == 0);
  CHECK(demo.message() == "new");
}
