#include "base/sha256.hpp"
#include "client/recorded_deploy.hpp"
#include "release/source_offer.hpp"

using ops::client::FailureKind;
using ops::release::SourceOffer;
using ops::tests::error_body;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;
using ops::tests::missing_body;
using ops::tests::status_body;

TEST_CASE("only what the server lacks is sent") {
  Deploy deploy;
  deploy.server.on(offer_line, [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, missing_body({"message.txt"}));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(paths_in(deploy.server.last(upload_line).body) == std::vector<std::string>{"message.txt"});
  CHECK(deploy.recorder.files_packed == 1);
}

TEST_CASE("where the server lacks nothing an archive of nothing is sent") {
  Deploy deploy;
  deploy.server.on(offer_line, [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, missing_body({}));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(paths_in(deploy.server.last(upload_line).body).empty());
}

TEST_CASE("against a release that was deployed from here only what differs is offered") {
  Deploy deploy;
  REQUIRE_FALSE(deploy.run().failure.has_value());
  CHECK(SourceOffer::from_json(deploy.server.last(offer_line).body)->base.empty());
  const auto first = deploy.sources().manifest;
  deploy.project.write("message.txt", "changed\n");
  REQUIRE_FALSE(deploy.run().failure.has_value());
  const auto offer = SourceOffer::from_json(deploy.server.last(offer_line).body);
  REQUIRE(offer.ok());
  CHECK(offer->base == FakeOps::new_release);
  CHECK(offer->files.size() == 1);
  CHECK(offer->source == deploy.sources().manifest.content_hash());
  CHECK(offered_sources(*offer, first)->entries() == deploy.sources().manifest.entries());
}

TEST_CASE("one line changed in 1,500 files takes two requests, and 32 kB besides that file") {
  Deploy deploy;
  for (int i = 0; i < 1500; ++i) {
    deploy.project.write("source/part-" + std::to_string(i % 30) + "/file-" + std::to_string(i),
                         "line " + std::to_string(i) + "\n" + std::string(6'600, 'x'));
  }
  REQUIRE_FALSE(deploy.run().failure.has_value());
  deploy.project.write("source/part-7/file-7", "another line\n");
  const std::size_t before = deploy.server.server().requests().size();
  REQUIRE_FALSE(deploy.run().failure.has_value());
  std::size_t posts = 0;
  std::size_t bytes = 0;
  const auto requests = deploy.server.server().requests();
  for (std::size_t i = before; i < requests.size(); ++i) {
    if (!requests[i].line().starts_with("POST /admin/")) continue;
    ++posts;
    bytes += requests[i].body.size();
  }
  CHECK(posts == 2);
  CHECK(bytes < 32 * 1024);
}

TEST_CASE("where the server does not know that release everything is offered") {
  Deploy deploy;
  REQUIRE_FALSE(deploy.run().failure.has_value());
  deploy.server.on(offer_line, [](FakeExchange& exchange) {
    const auto offer = SourceOffer::from_json(exchange.read_body());
    if (!offer->base.empty()) return exchange.reply(409, error_body("unknown-base", "not here"));
    exchange.reply(200, missing_body({"message.txt"}));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(deploy.server.count(offer_line) == 3);
}

TEST_CASE("a server that takes no list as long as that is sent everything") {
  Deploy deploy;
  deploy.server.on(offer_line, [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(413, error_body("too-large", "too many files"));
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(paths_in(deploy.server.last(upload_line).body).size() == 2);
  CHECK_FALSE(deploy.server.last(upload_line).headers.contains("x-ops-deploy"));
}

TEST_CASE("a server that has forgotten what it waited for is asked once more") {
  Deploy deploy;
  int uploads = 0;
  deploy.server.on(upload_line, [&uploads](FakeExchange& exchange) {
    exchange.read_body();
    if (++uploads == 1) return exchange.reply(409, error_body("not-awaited", "deploy again"));
    exchange.reply(202, R"({"ok":true,"deployId":"d-20260504-1","state":"building"})");
  });
  CHECK_FALSE(deploy.run().failure.has_value());
  CHECK(deploy.server.count(offer_line) == 2);
}

TEST_CASE("a server that asks for a file that is none of ours gets nothing") {
  Deploy deploy;
  deploy.server.on(offer_line, [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, missing_body({"../../etc/passwd"}));
  });
  CHECK(deploy.failure() == FailureKind::other);
  CHECK(deploy.server.count(upload_line) == 0);
}

TEST_CASE("what serves already is known before anything is packed") {
  Deploy deploy;
  deploy.server.on(offer_line, [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200,
                   R"({"ok":true,"deployId":"d-20260504-1","state":"unchanged","missing":[]})");
  });
  deploy.answer_status(status_body("unchanged", FakeOps::old_release));
  const auto outcome = deploy.run();
  REQUIRE_FALSE(outcome.failure.has_value());
  CHECK(outcome.state == "unchanged");
  CHECK(deploy.server.count(upload_line) == 0);
}

TEST_CASE("who offers what is being deployed already follows that deploy and sends nothing") {
  Deploy deploy;
  deploy.server.on(offer_line, [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, std::string(R"({"ok":true,"deployId":")") + FakeOps::deploy +
                            R"(","state":"building","missing":[],"joined":true})");
  });
  deploy.server.serve(FakeOps::new_release);
  const auto outcome = deploy.run();
  CHECK_FALSE(outcome.failure.has_value());
  CHECK(outcome.release == FakeOps::new_release);
  CHECK(deploy.server.count(upload_line) == 0);
  CHECK(deploy.server.last(offer_line).headers.at("x-ops-source") ==
        deploy.sources().manifest.content_hash());
}

TEST_CASE("a server may lack very many files") {
  Deploy deploy;
  const std::string directory(200, 'd');
  std::vector<std::string> paths;
  for (int i = 0; i < 6'000; ++i) {
    paths.push_back(directory + "/file-" + std::to_string(i));
    deploy.project.write(paths.back(), "");
  }
  deploy.server.on(offer_line, [&paths](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(200, missing_body(paths));
  });
  const auto outcome = deploy.run();
  INFO((outcome.failure ? outcome.failure->message : ""));
  CHECK_FALSE(outcome.failure.has_value());
  CHECK(deploy.recorder.files_packed == paths.size());
}
