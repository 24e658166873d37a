#include "middleware/credentials.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "catch.hpp"

namespace ops::middleware {
namespace {

TEST_CASE("an application's password variable is its name in upper case") {
  CHECK(password_variable("travelr") == "TRAVELR_DEPLOYBOT_PWD");
  CHECK(password_variable("my-shop") == "MY_SHOP_DEPLOYBOT_PWD");
}

TEST_CASE("the password is taken out of the environment and wiped where it stood") {
  ::setenv("DEMO_DEPLOYBOT_PWD", "sixteen letters!", 1);
  const char* const where_it_stood = std::getenv("DEMO_DEPLOYBOT_PWD");
  const auto credentials = take_credentials("demo");
  REQUIRE(credentials);
  CHECK(credentials->user == "deploybot");
  CHECK(credentials->password == "sixteen letters!");
  CHECK(std::getenv("DEMO_DEPLOYBOT_PWD") == nullptr);
  CHECK(std::string(where_it_stood).empty());
}

TEST_CASE("a password of 15 characters is refused, and no error tells it") {
  ::setenv("DEMO_DEPLOYBOT_PWD", "fifteen letters", 1);
  const auto credentials = take_credentials("demo");
  REQUIRE_FALSE(credentials);
  CHECK(credentials.error().message.find("DEMO_DEPLOYBOT_PWD") != std::string::npos);
  CHECK(credentials.error().message.find("fifteen letters") == std::string::npos);
  CHECK(std::getenv("DEMO_DEPLOYBOT_PWD") == nullptr);
}

TEST_CASE("without a password the error says what to set") {
  ::unsetenv("DEMO_DEPLOYBOT_PWD");
  const auto missing = take_credentials("demo");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("DEMO_DEPLOYBOT_PWD is not set") != std::string::npos);
  ::setenv("DEMO_DEPLOYBOT_PWD", "", 1);
  CHECK_FALSE(take_credentials("demo"));
}

}  // namespace
}  // namespace ops::middleware
