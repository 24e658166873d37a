#include "client/device_id.hpp"

#include "catch.hpp"

using ops::client::device_id;

namespace {

bool is_valid(const std::string& id) {
  return !id.empty() && id.size() <= 64 &&
         id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
             std::string::npos;
}

}  // namespace

TEST_CASE("a device is named after its host, the same at every call") {
  CHECK(device_id("laptop", 1000).substr(0, 7) == "laptop-");
  CHECK(device_id("laptop", 1000) == device_id("laptop", 1000));
  CHECK(device_id() == device_id());
}

TEST_CASE("two users of a host, and two hosts, are two devices") {
  CHECK(device_id("laptop", 1000) != device_id("laptop", 1001));
  CHECK(device_id("a.b", 1) != device_id("a-b", 1));
}

TEST_CASE("whatever the host is called, the name is one that servers take") {
  CHECK(is_valid(device_id("", 0)));
  CHECK(is_valid(device_id("laptop.example \xc3\xa9", 0)));
  CHECK(is_valid(device_id(std::string(255, 'x'), 4294967295U)));
}
