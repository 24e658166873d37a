#include "middleware/client_network.hpp"

#include "catch.hpp"

using namespace ops::middleware;

TEST_CASE("an IPv4 address is a client of its own, however it is written") {
  CHECK(client_network("203.0.113.7") == "203.0.113.7");
  CHECK(client_network("::ffff:203.0.113.7") == "203.0.113.7");
}

TEST_CASE("all addresses of an IPv6 network are one client") {
  CHECK(client_network("2001:db8:1:2::1") == client_network("2001:db8:1:2:ffff::9"));
  CHECK(client_network("2001:db8:1:2::1") != client_network("2001:db8:1:3::1"));
  CHECK(client_network("fe80::1%eth0") == client_network("fe80::2"));
}

TEST_CASE("what is no address is a client too") {
  CHECK(client_network("unix") == "unix");
  CHECK(client_network("unknown") == "unknown");
  CHECK(client_network("").empty());
}
