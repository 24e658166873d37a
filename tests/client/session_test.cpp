#include "client/session.hpp"

#include "catch.hpp"
#include "client/fake_ops.hpp"
#include "client/test_session.hpp"

using ops::client::FailureKind;
using ops::client::Session;
using ops::tests::error_body;
using ops::tests::FakeExchange;
using ops::tests::FakeOps;

TEST_CASE("signing in sends user, password and device, and the key goes with what follows") {
  FakeOps server;
  server.on("GET /admin/x", [](FakeExchange& exchange) { exchange.reply(200, "fine"); });
  Session session(server.url(), credentials_with(FakeOps::password));
  const auto response = session.send("cannot try", "/admin/x", {}, patient());
  REQUIRE(response.ok());
  CHECK(response->body == "fine");
  CHECK(server.last("POST /auth").body ==
        R"({"user":"deploybot","password":"correct-horse-battery-staple","deviceId":"laptop-1"})");
  const auto headers = server.last("GET /admin/x").headers;
  CHECK(headers.at("x-auth-user") == "deploybot");
  CHECK(headers.at("x-auth-device") == "laptop-1");
  CHECK(headers.at("x-auth-key") == "v1.abc.def");
  CHECK(session.send("cannot try", "/admin/x", {}, patient()).ok());
  CHECK(server.count("POST /auth") == 1);
}

TEST_CASE("any byte of a password arrives") {
  FakeOps server;
  Session session(server.url(), credentials_with("quote\" back\\slash \n\x01 \xc3\xa9"));
  CHECK_FALSE(session.key(patient()).ok());
  CHECK(
      server.last("POST /auth").body.find("\"quote\\\" back\\\\slash \\u000a\\u0001 \xc3\xa9\"") !=
      std::string::npos);
}

TEST_CASE("a key that has lost its validity is replaced once") {
  FakeOps server;
  int requests = 0;
  server.on("GET /admin/x", [&requests](FakeExchange& exchange) {
    exchange.reply(++requests == 2 ? 401 : 200, "");
  });
  Session session(server.url(), credentials_with(FakeOps::password));
  CHECK(session.send("cannot try", "/admin/x", {}, patient())->status == 200);
  CHECK(session.send("cannot try", "/admin/x", {}, patient())->status == 200);
  CHECK(server.count("POST /auth") == 2);
  CHECK(requests == 3);
}

TEST_CASE("a server that refuses a fresh key is not asked again") {
  FakeOps server;
  server.on("GET /admin/x", [](FakeExchange& exchange) { exchange.reply(401, ""); });
  Session session(server.url(), credentials_with(FakeOps::password));
  CHECK(session.send("cannot try", "/admin/x", {}, patient())->status == 401);
  CHECK(server.count("GET /admin/x") == 1);
}

TEST_CASE("wrong credentials are not authorised, and the server's words are handed on") {
  FakeOps server;
  Session session(server.url(), credentials_with("a wrong password"));
  const auto key = session.key(patient());
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().kind == FailureKind::not_authorised);
  CHECK(key.error().message ==
        "cannot sign in to " + server.url() + " as deploybot: wrong user, password or device");
}

TEST_CASE("too many attempts tell when to try again") {
  FakeOps server;
  server.on("POST /auth", [](FakeExchange& exchange) {
    exchange.reply(429, error_body("too-many-attempts", "too many wrong passwords"),
                   {{"retry-after", "8"}});
  });
  Session session(server.url(), credentials_with(FakeOps::password));
  const auto key = session.key(patient());
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().kind == FailureKind::not_authorised);
  CHECK(key.error().message.find("too many wrong passwords (again in 8 s)") != std::string::npos);
}

TEST_CASE("an answer to a sign-in that holds no usable key is refused") {
  const std::string body =
      GENERATE(as<std::string>(), "", "[]", "{}", R"({"authKey":""})", R"({"authKey":7})",
               R"({"authKey":"a b"})", R"({"authKey":"a\r\nx-evil: 1"})",
               "{\"authKey\":\"" + std::string(4097, 'k') + "\"}");
  FakeOps server;
  server.on("POST /auth", [&body](FakeExchange& exchange) { exchange.reply(200, body); });
  Session session(server.url(), credentials_with(FakeOps::password));
  const auto key = session.key(patient());
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().kind == FailureKind::other);
}

TEST_CASE("a password that cannot be had is not authorised, and nothing is sent") {
  FakeOps server;
  auto credentials = credentials_with("");
  credentials.password = [] {
    return ops::Result<ops::client::Secret>(ops::Error{"HELLO_DEPLOYBOT_PWD is not set"});
  };
  Session session(server.url(), std::move(credentials));
  const auto key = session.key(patient());
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().kind == FailureKind::not_authorised);
  CHECK(server.count("POST /auth") == 0);
}

TEST_CASE("the release that serves stands in the answer to a ping") {
  FakeOps server;
  Session session(server.url(), credentials_with(FakeOps::password));
  CHECK(*session.serving(patient()) == FakeOps::old_release);
  server.serve("../../etc");
  CHECK(session.serving(patient())->empty());
}

TEST_CASE("a server that cannot be reached is named") {
  FakeOps server;
  server.server().go_down();
  Session session(server.url(), credentials_with(FakeOps::password));
  const auto serving = session.serving(patient());
  REQUIRE_FALSE(serving.ok());
  CHECK(serving.error().kind == FailureKind::unreachable);
  CHECK(serving.error().message.find("cannot reach " + server.url()) != std::string::npos);
}

TEST_CASE("an answer from elsewhere says where the server is") {
  FakeOps server;
  server.on("GET /ping", [](FakeExchange& exchange) {
    exchange.reply(301, "", {{"location", "https://hello.example/ping"}});
  });
  Session session(server.url(), credentials_with(FakeOps::password));
  CHECK(session.serving(patient()).error().message.find(
            "it is at https://hello.example/ping; use that URL") != std::string::npos);
}
