#include "client/release_history.hpp"

#include "catch.hpp"
#include "client/fake_ops.hpp"
#include "client/test_session.hpp"

using ops::client::read_history;
using ops::client::Session;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;

TEST_CASE("the history lists releases and says which one serves") {
  FakeOps server;
  server.on("GET /admin/production-history", [](FakeExchange& exchange) {
    exchange.reply(200, R"({"versions":[
      {"hash":"3f9a1c20b7e4","isActive":true,"createdAt":"2026-05-04T12:00:00Z","state":"healthy"},
      {"hash":"image","isActive":false,"createdAt":"2026-05-01T12:00:00Z","state":"healthy"}]})");
  });
  Session session(server.url(), credentials_with(FakeOps::password));
  const auto history = read_history(session, patient());
  REQUIRE(history.ok());
  REQUIRE(history->size() == 2);
  CHECK(history->at(0).release == "3f9a1c20b7e4");
  CHECK(history->at(0).serves);
  CHECK(history->at(0).created_at == "2026-05-04T12:00:00Z");
  CHECK(history->at(1).state == "healthy");
  CHECK_FALSE(history->at(1).serves);
}

TEST_CASE("an answer that is no history is a failure") {
  const std::string body = GENERATE("", "[]", "{}", R"({"versions":{}})", R"({"versions":[1]})",
                                    R"({"versions":[{"hash":"a b"}]})");
  FakeOps server;
  server.on("GET /admin/production-history",
            [&body](FakeExchange& exchange) { exchange.reply(200, body); });
  Session session(server.url(), credentials_with(FakeOps::password));
  CHECK_FALSE(read_history(session, patient()).ok());
}
