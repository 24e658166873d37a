#include "supervisor/notify_address.hpp"

#include <cstddef>
#include <string>

#include "catch.hpp"

using ops::supervisor::notify_address;
using namespace std::string_literals;

TEST_CASE("a notification goes to a path") {
  const auto address = notify_address("/run/app/notify");
  REQUIRE(address);
  CHECK(address->value.sun_family == AF_UNIX);
  CHECK(std::string(address->value.sun_path) == "/run/app/notify");
  CHECK(address->length == offsetof(sockaddr_un, sun_path) + sizeof "/run/app/notify");
}

TEST_CASE("a notification goes to an abstract address, whose name ends with its length") {
  const auto address = notify_address("@app");
  REQUIRE(address);
  CHECK(std::string(address->value.sun_path, 4) == "\0app"s);
  CHECK(address->length == offsetof(sockaddr_un, sun_path) + 4);
}

TEST_CASE("what is neither a path nor an abstract address is no address") {
  for (const char* text : {"", "notify", "./notify", "vsock:2:1234", "\\0app", "/", "@"}) {
    INFO(text);
    CHECK_FALSE(notify_address(text));
  }
  CHECK_FALSE(notify_address("/run\0/notify"s));
}

TEST_CASE("an address has at most 107 bytes") {
  for (const char* first : {"/", "@"}) {
    CHECK(notify_address(first + std::string(106, 'a')));
    CHECK_FALSE(notify_address(first + std::string(107, 'a')));
  }
}
