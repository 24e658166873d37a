#include "middleware/auth.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "manual_clock.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* right_password = "a password of some length";

struct SignIn {
  ManualClock clock;
  std::vector<FailedSignIn> failures;
  std::string peer = "203.0.113.7";
  Auth auth{{"deploybot", right_password},
            base::sha256(std::string_view("secret")),
            clock,
            [this](const FailedSignIn& failed) { failures.push_back(failed); }};

  Response post(const std::string& body, std::vector<HeaderField> headers = {}) {
    Request request;
    request.peer = peer;
    request.body = body;
    request.headers = std::move(headers);
    return auth.sign_in(request);
  }
  Response sign_in(const json& user, const json& password, const json& device) {
    return post(json{{"user", user}, {"password", password}, {"deviceId", device}}.dump());
  }
  std::string key() {
    return json::parse(sign_in("deploybot", right_password, "laptop").body)["authKey"];
  }
  bool admits(std::vector<HeaderField> headers) const {
    Request request;
    request.headers = std::move(headers);
    return auth.admit(request).ok();
  }
};

TEST_CASE_METHOD(SignIn, "the right password gives a key and tells when it ends") {
  const Response response = sign_in("deploybot", right_password, "laptop");
  CHECK(response.status == 200);
  const json body = json::parse(response.body);
  CHECK(body["ok"] == true);
  CHECK(body["expiresAt"] == "2026-05-04T00:15:00.000Z");
  CHECK(failures.empty());
}

TEST_CASE_METHOD(SignIn, "every wrong part gets the same answer") {
  const Response wrong_user = sign_in("root", right_password, "laptop");
  const Response wrong_password = sign_in("deploybot", "wrong", "laptop");
  const Response empty_password = sign_in("deploybot", "", "laptop");
  const Response wrong_device = sign_in("deploybot", right_password, "lap top");
  for (const Response& response : {wrong_user, wrong_password, empty_password, wrong_device}) {
    CHECK(response.status == 401);
    CHECK(response.body == wrong_user.body);
    CHECK(response.headers == wrong_user.headers);
  }
  REQUIRE(failures.size() == 1);
  CHECK(failures.front().who == "root@203.0.113.7");
}

TEST_CASE_METHOD(SignIn, "a body that is no sign-in is refused and counts as no attempt") {
  const std::string deep(4000, '[');
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("7"),
        deep, std::string(R"({"user":1,"password":2,"deviceId":3})"),
        std::string(R"({"user":"deploybot"})"),
        std::string(R"({"user":["deploybot"],"password":"x","deviceId":"y"})"),
        std::string("{\"user\":\"\xff\",\"password\":\"x\",\"deviceId\":\"y\"}")}) {
    INFO(body.substr(0, 60));
    CHECK(post(body).status == 400);
  }
  CHECK(failures.empty());
}

TEST_CASE_METHOD(SignIn, "a sign-in of 4096 bytes is read, one of 4097 is not") {
  const std::string shell = json{{"user", "deploybot"}, {"password", ""}, {"deviceId", "d"}}.dump();
  const auto of_size = [&](std::size_t size) {
    return json{{"user", "deploybot"},
                {"password", std::string(size - shell.size(), 'x')},
                {"deviceId", "d"}}
        .dump();
  };
  CHECK(post(of_size(4096)).status == 401);
  CHECK(post(of_size(4097)).status == 400);
}

TEST_CASE_METHOD(SignIn,
                 "after five wrong passwords a client must wait, while its key goes on working") {
  const std::string good_key = key();
  for (int i = 0; i < 5; ++i) CHECK(sign_in("deploybot", "wrong", "laptop").status == 401);
  const Response blocked = sign_in("deploybot", right_password, "laptop");
  CHECK(blocked.status == 429);
  CHECK(blocked.headers.front() == std::pair<std::string, std::string>("retry-after", "1"));
  CHECK(admits(
      {{"x-auth-user", "deploybot"}, {"x-auth-device", "laptop"}, {"x-auth-key", good_key}}));
  clock.advance(1s);
  CHECK(sign_in("deploybot", right_password, "laptop").status == 200);
}

TEST_CASE_METHOD(SignIn, "while a client waits no password is compared") {
  for (int i = 0; i < 100; ++i) static_cast<void>(sign_in("deploybot", "wrong", "laptop"));
  CHECK(failures.size() == 2);
  CHECK(failures.front().in_a_row == 1);
  CHECK(failures.back().in_a_row == 5);
}

TEST_CASE_METHOD(SignIn, "another user name for each attempt is no way around the waits") {
  int compared = 0;
  for (int i = 0; i < 1000; ++i) {
    if (sign_in("user" + std::to_string(i), "wrong", "laptop").status == 401) ++compared;
  }
  CHECK(compared == 5);
  CHECK(failures.size() == 2);
  peer = "198.51.100.1";
  CHECK(sign_in("deploybot", right_password, "laptop").status == 200);
}

TEST_CASE_METHOD(SignIn, "another address of the same IPv6 network is no way around the waits") {
  for (int i = 0; i < 20; ++i) {
    peer = "2001:db8::" + std::to_string(i + 1);
    static_cast<void>(sign_in("deploybot", "wrong", "laptop"));
  }
  CHECK(failures.size() == 2);
}

TEST_CASE_METHOD(SignIn, "an admin request needs each of the three headers exactly once") {
  const std::string good_key = key();
  const HeaderField user{"x-auth-user", "deploybot"}, device{"x-auth-device", "laptop"},
      proof{"x-auth-key", good_key};
  CHECK(admits({user, device, proof}));
  CHECK_FALSE(admits({}));
  CHECK_FALSE(admits({device, proof}));
  CHECK_FALSE(admits({user, proof}));
  CHECK_FALSE(admits({user, device}));
  CHECK_FALSE(admits({user, user, device, proof}));
  CHECK_FALSE(admits({user, device, device, proof}));
  CHECK_FALSE(admits({user, device, proof, proof}));
  CHECK_FALSE(admits({user, device, {"x_auth_key", good_key}}));
  CHECK_FALSE(admits({user, device, {"x-auth-key", ""}}));
  CHECK_FALSE(admits({{"x-auth-user", "root"}, device, proof}));
  CHECK_FALSE(admits({user, {"x-auth-device", "desktop"}, proof}));
}

TEST_CASE_METHOD(SignIn, "a key in the query admits nobody") {
  const std::string query = "x-auth-user=deploybot&x-auth-device=laptop&x-auth-key=" + key();
  Request request;
  request.query = query;
  CHECK_FALSE(auth.admit(request).ok());
}

TEST_CASE_METHOD(SignIn, "a request that another web site made a browser send is refused") {
  const std::string good_key = key();
  const std::vector<HeaderField> headers{{"host", "app.example"},
                                         {"x-auth-user", "deploybot"},
                                         {"x-auth-device", "laptop"},
                                         {"x-auth-key", good_key}};
  auto own = headers, foreign = headers, opaque = headers;
  own.push_back({"origin", "https://app.example"});
  foreign.push_back({"origin", "https://evil.example"});
  opaque.push_back({"origin", "null"});
  CHECK(admits(own));
  CHECK_FALSE(admits(foreign));
  CHECK_FALSE(admits(opaque));
  CHECK(post("{}", {{"host", "app.example"}, {"origin", "https://evil.example"}}).status == 403);
}

}  // namespace
}  // namespace ops::middleware
