#include "client/server_url.hpp"

#include "catch.hpp"

using ops::client::is_this_machine;
using ops::client::parse_server_url;

TEST_CASE("http and https URLs are taken, without the slash at their end") {
  CHECK(*parse_server_url("http://127.0.0.1:8080") == "http://127.0.0.1:8080");
  CHECK(*parse_server_url("https://hello.example/") == "https://hello.example");
  CHECK(*parse_server_url("https://hello.example/app//") == "https://hello.example/app");
  CHECK(*parse_server_url("http://[::1]:9") == "http://[::1]:9");
}

TEST_CASE("the scheme of a URL is taken in any case, and kept in lower case") {
  CHECK(*parse_server_url("HTTPS://hello.example/App") == "https://hello.example/App");
  CHECK(*parse_server_url("Http://127.0.0.1") == "http://127.0.0.1");
}

TEST_CASE("a URL that cannot be a server's is refused") {
  for (const char* text :
       {"", "hello", "127.0.0.1:8080", "ftp://host", "file:///etc/passwd", "http://", "http:///x",
        "http://host:99999", "http://ho st", "http://host/?a=b", "http://host/#a", "http://host\n",
        "http://host\r\nx-evil: 1"}) {
    INFO(text);
    CHECK_FALSE(parse_server_url(text).ok());
  }
  CHECK_FALSE(parse_server_url("http://host/" + std::string(2048, 'a')).ok());
}

TEST_CASE("a URL with a password is refused, and the password not repeated") {
  const auto url = parse_server_url("http://user:hunter2@host");
  REQUIRE_FALSE(url.ok());
  CHECK(url.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("loopback addresses are this machine") {
  CHECK(is_this_machine("http://127.0.0.1:8080/ping"));
  CHECK(is_this_machine("http://localhost"));
  CHECK(is_this_machine("http://[::1]:8080"));
  CHECK_FALSE(is_this_machine("http://10.0.0.1"));
  CHECK_FALSE(is_this_machine("https://localhost.example"));
  CHECK(is_this_machine("http://LocalHost:8080"));
  CHECK(is_this_machine("http://127.255.0.1"));
  CHECK(is_this_machine("http://[0:0::1]"));
}

TEST_CASE("a host that is only named like a loopback address is another machine") {
  for (const char* url : {"http://127.evil.example", "http://127.0.0.1.evil.example",
                          "http://127.0.0.256", "http://128.0.0.1", "http://[::2]",
                          "http://[::127.0.0.1]", "http://localhost.", "no url"}) {
    INFO(url);
    CHECK_FALSE(is_this_machine(url));
  }
}
