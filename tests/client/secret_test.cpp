#include "client/secret.hpp"

#include <string>
#include <utility>

#include "catch.hpp"

using ops::client::Secret;

TEST_CASE("a secret keeps what is appended, also when it grows") {
  Secret secret("ab");
  std::string wanted = "ab";
  for (int i = 0; i < 1000; ++i) {
    secret.append("xyz");
    wanted += "xyz";
  }
  CHECK(secret.view() == wanted);
}

TEST_CASE("a secret that is moved leaves nothing behind") {
  Secret from("hunter2");
  Secret to("other");
  to = std::move(from);
  CHECK(to.view() == "hunter2");
  CHECK(from.view().empty());
}
