#include "http1/field.hpp"

#include <string>

#include "catch.hpp"

using namespace ops::http1;

TEST_CASE("tokens compare without the case of ASCII letters and of nothing else") {
  CHECK(same_token("Content-Length", "content-length"));
  CHECK_FALSE(same_token("x_auth_key", "x-auth-key"));
  CHECK_FALSE(same_token("host", "hosts"));
  CHECK_FALSE(same_token("\xc4", "\xe4"));
}

TEST_CASE("a token holds letters, digits and the fifteen marks of RFC 9110") {
  const std::string marks = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    INFO("byte " << byte);
    const std::string text(1, static_cast<char>(byte));
    const bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z');
    CHECK(is_token(text) == (alphanumeric || marks.find(text) != std::string::npos));
  }
  CHECK_FALSE(is_token(""));
}

TEST_CASE("a field's value holds no control byte but the tab") {
  for (int byte = 0; byte < 256; ++byte) {
    INFO("byte " << byte);
    const std::string text(1, static_cast<char>(byte));
    CHECK(is_field_value(text) == (byte == '\t' || (byte >= 0x20 && byte != 0x7f)));
  }
  CHECK(is_field_value(""));
}

TEST_CASE("blanks are trimmed at both ends only") {
  CHECK(trimmed(" \t a b\t ") == "a b");
  CHECK(trimmed(" \t").empty());
  CHECK(trimmed("").empty());
  CHECK(trimmed("\va") == "\va");
}
