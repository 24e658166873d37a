#include "client/deploy_flow.hpp"

#include <unistd.h>

#include <array>

#include "base/sha256.hpp"
#include "client/recorded_deploy.hpp"
#include "noise.hpp"

using ops::client::DeployFlow;
using ops::client::DeployOutcome;
using ops::client::FailedBefore;
using ops::client::FailureKind;
using ops::client::Patience;
using ops::client::Session;
using ops::tests::error_body;
using ops::tests::event;
using ops::tests::failed_body;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;
using ops::tests::status_body;

TEST_CASE("a deploy is sent, followed to its end, and serves") {
  Deploy deploy;
  const auto outcome = deploy.run();
  REQUIRE_FALSE(outcome.failure.has_value());
  CHECK(outcome.deploy == FakeOps::deploy);
  CHECK(outcome.state == "running");
  CHECK(outcome.release == FakeOps::new_release);
  CHECK(outcome.previous == FakeOps::old_release);
  CHECK(outcome.serving == FakeOps::new_release);
  CHECK(outcome.timings.at("building") == 5);
  CHECK(deploy.recorder.lines == std::vector<std::string>{"compiling", "linking"});
  CHECK(deploy.recorder.start_message == "starting 3f9a1c20b7e4");
  const auto upload = deploy.server.last(upload_line);
  CHECK(paths_in(upload.body) == std::vector<std::string>{"bin/run", "message.txt"});
  CHECK(deploy.recorder.files_packed == 2);
  CHECK(deploy.recorder.bytes_sent == upload.body.size());
  CHECK(upload.headers.at("x-ops-deploy") == FakeOps::deploy);
  CHECK(upload.headers.at("content-type") == "application/zip");
  CHECK(upload.headers.at("x-content-sha256") == ops::base::to_hex(ops::base::sha256(upload.body)));
  CHECK(upload.headers.at("idempotency-key").size() == 32);
}

TEST_CASE("force is asked for in the query") {
  Deploy deploy;
  CHECK_FALSE(deploy.run(patient(), FailedBefore::try_again).failure.has_value());
  CHECK(deploy.server.count(offer_line + "?force=1") == 1);
  CHECK(deploy.server.count(upload_line + "?force=1") == 1);
}

TEST_CASE("what serves already is unchanged, and verified") {
  Deploy deploy;
  deploy.answer_upload(200, R"({"ok":true,"deployId":"d-20260504-1","state":"unchanged"})");
  deploy.answer_status(status_body("unchanged", FakeOps::old_release));
  const auto outcome = deploy.run();
  REQUIRE_FALSE(outcome.failure.has_value());
  CHECK(outcome.state == "unchanged");
  CHECK(outcome.release == FakeOps::old_release);
  CHECK(deploy.server.count(events_line) == 0);
}

TEST_CASE("a server that cannot be reached ends a deploy before anything is sent") {
  Deploy deploy;
  deploy.server.server().go_down();
  CHECK(deploy.failure() == FailureKind::unreachable);
}

TEST_CASE("refusals of an upload are told apart") {
  Deploy deploy;
  SECTION("a wrong key") {
    deploy.server.on("POST /auth", [](FakeExchange& e) { e.reply(401, ""); });
    CHECK(deploy.failure() == FailureKind::not_authorised);
  }
  SECTION("no admin") {
    deploy.answer_upload(403, error_body("forbidden", "deploybot is no admin"));
    CHECK(deploy.failure() == FailureKind::not_authorised);
  }
  SECTION("too large") {
    deploy.answer_upload(413, error_body("too-large", "more than 256 MiB"));
    CHECK(deploy.failure() == FailureKind::archive_refused);
  }
  SECTION("by its content") {
    deploy.answer_upload(422, error_body("archive-refused", "symbolic-link: a/b"));
    CHECK(deploy.failure() == FailureKind::archive_refused);
    CHECK(deploy.message == "cannot deploy: symbolic-link: a/b");
  }
  SECTION("no space") {
    deploy.answer_upload(507, error_body("no-space", "no space left on the server"));
    CHECK(deploy.failure() == FailureKind::other);
    CHECK(deploy.message == "cannot deploy: no space left on the server");
  }
  SECTION("an answer of nobody's") {
    deploy.answer_upload(500, "<html>");
    CHECK(deploy.failure() == FailureKind::other);
    CHECK(deploy.message == "cannot deploy: the server answers 500");
  }
  CHECK(deploy.serving == FakeOps::old_release);
}

TEST_CASE("a deploy that is running already is named") {
  Deploy deploy;
  deploy.answer_upload(409, error_body("deploy-running", "another deploy is running"),
                       {{"location", "/admin/deploys/d-other"}});
  const auto outcome = deploy.run();
  REQUIRE(outcome.failure.has_value());
  CHECK(outcome.failure->kind == FailureKind::busy);
  CHECK(outcome.deploy == "d-other");
}

TEST_CASE("events go on where they ended when the stream is cut") {
  Deploy deploy;
  int connections = 0;
  std::string resumed_after;
  deploy.server.on(events_line, [&](FakeExchange& exchange) {
    exchange.begin_stream();
    if (++connections == 1) {
      exchange.send(event(1, "production.building", R"({"message":"compiling"})"));
      return exchange.send("id: 2\nevent: production.building\ndata: {\"mess");
    }
    resumed_after = exchange.request().headers.at("last-event-id");
    exchange.send(event(2, "production.building", R"({"message":"linking"})"));
    exchange.send(event(3, "stream.end", "{}"));
    deploy.server.serve(FakeOps::new_release);
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(resumed_after == "1");
  CHECK(deploy.recorder.lines == std::vector<std::string>{"compiling", "linking"});
}

TEST_CASE("a deploy is followed over the restart of its server") {
  Deploy deploy;
  int connections = 0;
  deploy.server.on(events_line, [&](FakeExchange& exchange) {
    exchange.begin_stream();
    if (++connections == 1) {
      exchange.send(event(1, "production.starting", R"({"message":"restarting"})"));
      return deploy.server.server().go_down();
    }
    exchange.send(event(2, "stream.end", "{}"));
    deploy.server.serve(FakeOps::new_release);
  });
  deploy.recorder.on_waiting = [&] { deploy.server.server().come_back(); };
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(connections == 2);
  CHECK(deploy.recorder.waits.size() == 1);
}

TEST_CASE("a key that a restarted server does not know is replaced on the way") {
  Deploy deploy;
  int asked = 0;
  deploy.server.on(status_line, [&](FakeExchange& exchange) {
    if (++asked == 1) return exchange.reply(401, "");
    exchange.reply(200, status_body("running", FakeOps::new_release));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(deploy.server.count("POST /auth") == 2);
}

TEST_CASE("a proxy that finds no server for a moment is no end") {
  Deploy deploy;
  int asked = 0;
  deploy.server.on(status_line, [&](FakeExchange& exchange) {
    if (++asked <= 2) return exchange.reply(asked == 1 ? 502 : 503, "");
    exchange.reply(200, status_body("running", FakeOps::new_release));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
}

TEST_CASE("the state decides where there are no events") {
  Deploy deploy;
  int asked = 0;
  deploy.server.on(events_line, [](FakeExchange& exchange) { exchange.reply(404, ""); });
  deploy.server.on(status_line, [&](FakeExchange& exchange) {
    if (++asked < 3) return exchange.reply(200, status_body("starting", FakeOps::new_release));
    deploy.server.serve(FakeOps::new_release);
    exchange.reply(200, status_body("running", FakeOps::new_release));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(deploy.recorder.states == std::vector<std::string>{"comparing", "uploading", "building",
                                                           "starting", "starting", "running"});
}

TEST_CASE("a build that fails leaves the old release serving") {
  Deploy deploy;
  deploy.answer_status(failed_body("failed", "", "build-failed", "exit status 2"));
  deploy.server.on(events_line, [](FakeExchange& exchange) {
    exchange.begin_stream();
    exchange.send(event(1, "production.error", R"({"error":"exit status 2"})"));
    exchange.send(event(2, "stream.end", R"({"state":"failed"})"));
  });
  CHECK(deploy.failure() == FailureKind::build_failed);
  CHECK(deploy.message == "the build failed: exit status 2");
  CHECK(deploy.serving == FakeOps::old_release);
}

TEST_CASE("a release that fails its trial is rolled back") {
  Deploy deploy;
  deploy.answer_status(
      failed_body("rolled-back", FakeOps::new_release, "not-ready", "exit status 1"));
  deploy.server.on(events_line, [](FakeExchange& exchange) {
    exchange.begin_stream();
    exchange.send(event(1, "stream.end", R"({"state":"rolled-back"})"));
  });
  CHECK(deploy.failure() == FailureKind::not_ready);
  CHECK(deploy.serving == FakeOps::old_release);
}

TEST_CASE("a server that serves something else than was deployed is caught") {
  Deploy deploy;
  deploy.server.on(events_line, [](FakeExchange& exchange) { exchange.reply(204, ""); });
  CHECK(deploy.failure(patient(std::chrono::milliseconds(300))) == FailureKind::not_serving);
  CHECK(deploy.message == "the server serves 8d02e5af6611, not 3f9a1c20b7e4 which was deployed");
}

TEST_CASE("a server that becomes silent leaves its state unknown") {
  const auto soon = patient(std::chrono::milliseconds(200));
  Deploy deploy;
  SECTION("before the upload is answered") {
    deploy.server.on(upload_line, [](FakeExchange& exchange) {
      exchange.read_body();
      exchange.hang();
    });
    CHECK(deploy.failure(soon) == FailureKind::timed_out);
    CHECK(deploy.message.find("may have taken the deploy") != std::string::npos);
  }
  SECTION("during the events") {
    deploy.server.on(events_line, [](FakeExchange& exchange) { exchange.hang(); });
    CHECK(deploy.failure(soon) == FailureKind::timed_out);
  }
  SECTION("before an end state") {
    deploy.answer_status(status_body("building", ""));
    CHECK(deploy.failure(soon) == FailureKind::timed_out);
    CHECK(deploy.message.find("state building") != std::string::npos);
  }
  SECTION("having gone away for good") {
    deploy.server.on(events_line, [&](FakeExchange&) { deploy.server.server().go_down(); });
    CHECK(deploy.failure(soon) == FailureKind::timed_out);
  }
  SECTION("about a deploy that it has taken") {
    deploy.server.on(status_line, [](FakeExchange& e) { e.reply(404, ""); });
    CHECK(deploy.failure() == FailureKind::timed_out);
  }
  SECTION("with an answer that cannot be read") {
    deploy.answer_upload(202, "{}");
    CHECK(deploy.failure() == FailureKind::timed_out);
  }
}

TEST_CASE("an upload that is cut says whether the server can have taken it") {
  Deploy deploy;
  SECTION("after all was sent") {
    deploy.server.on(upload_line, [](FakeExchange& exchange) { exchange.read_body(); });
    CHECK(deploy.failure() == FailureKind::timed_out);
  }
  SECTION("before that") {
    deploy.server.on(upload_line, [](FakeExchange&) {});
    deploy.project.write("large", noise(20'000'000));
    const auto outcome = deploy.run();
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->kind == FailureKind::cut);
    CHECK(outcome.failure->message.find("nothing has changed") != std::string::npos);
  }
}

TEST_CASE("an upload whose answer is lost is sent again with its key") {
  Deploy deploy;
  std::vector<std::string> keys;
  deploy.server.on(upload_line, [&](FakeExchange& exchange) {
    exchange.read_body();
    keys.push_back(deploy.server.last(upload_line).headers.at("idempotency-key"));
    if (keys.size() == 1) return;
    deploy.server.serve(FakeOps::new_release);
    exchange.reply(202, std::string(R"({"ok":true,"joined":true,"state":"starting","deployId":")") +
                            FakeOps::deploy + "\"}");
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  REQUIRE(keys.size() == 2);
  CHECK_FALSE(keys[0].empty());
  CHECK(keys[0] == keys[1]);
}

TEST_CASE("that all was sent once is not forgotten when it could not be sent again") {
  Deploy deploy;
  int uploads = 0;
  deploy.server.on(upload_line, [&](FakeExchange& exchange) {
    exchange.read_body();
    if (++uploads == 2) exchange.reply(503, error_body("shutting-down", "try again"));
  });
  CHECK(deploy.failure() == FailureKind::timed_out);
  CHECK(uploads == 2);
  CHECK(deploy.message.find("may have taken the deploy") != std::string::npos);
}

TEST_CASE("a deploy that somebody cancelled failed for itself, not for another deploy") {
  Deploy deploy;
  deploy.server.on(upload_line, [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(409, error_body("cancelled", "cancelled by eve@tablet"));
  });
  CHECK(deploy.failure() == FailureKind::other);
}

TEST_CASE("an interrupted deploy says so at once") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const ops::base::UniqueFd reading(ends[0]);
  const ops::base::UniqueFd writing(ends[1]);
  Deploy deploy;
  deploy.server.on(events_line, [&writing](FakeExchange& exchange) {
    exchange.begin_stream();
    if (::write(writing.get(), "x", 1) == 1) exchange.hang();
  });
  const ops::base::SystemClock clock;
  const Patience patience(clock, std::chrono::seconds(20), reading.get());
  const auto outcome = deploy.run(patience);
  REQUIRE(outcome.failure.has_value());
  CHECK(outcome.failure->kind == FailureKind::interrupted);
  CHECK(outcome.deploy == FakeOps::deploy);
}

TEST_CASE("an event that is too large ends the reading of events, not the deploy") {
  Deploy deploy;
  deploy.server.on(events_line, [&](FakeExchange& exchange) {
    exchange.begin_stream();
    deploy.server.serve(FakeOps::new_release);
    exchange.send("data: " + std::string((1 << 20) + 1, 'x'));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
}

TEST_CASE("a rollback is followed like a deploy") {
  Deploy deploy;
  deploy.server.serve("badbadbadbad");
  deploy.answer_status(status_body("running", FakeOps::new_release));
  const auto outcome = deploy.roll_back("previous");
  REQUIRE_FALSE(outcome.failure.has_value());
  CHECK(outcome.previous == "badbadbadbad");
  CHECK(outcome.release == FakeOps::new_release);
  CHECK(deploy.server.last("POST /admin/rollback-production").body == R"({"toHash":"previous"})");
}

TEST_CASE("a rollback to what serves already is unchanged") {
  Deploy deploy;
  deploy.server.on("POST /admin/rollback-production", [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(400, error_body("already-active", "that release serves already"));
  });
  const auto outcome = deploy.roll_back(FakeOps::old_release);
  CHECK_FALSE(outcome.failure.has_value());
  CHECK(outcome.state == "unchanged");
  CHECK(outcome.release == FakeOps::old_release);
}

TEST_CASE("a rollback to a release that nobody knows is a failure") {
  Deploy deploy;
  deploy.server.on("POST /admin/rollback-production", [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(404, error_body("no-such-release", "no release abc is kept"));
  });
  const auto outcome = deploy.roll_back("abc");
  REQUIRE(outcome.failure.has_value());
  CHECK(outcome.failure->kind == FailureKind::other);
  CHECK(outcome.failure->message == "cannot roll back to abc: no release abc is kept");
}
