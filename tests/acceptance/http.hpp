#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

/// An answer as it came over the socket; names of headers in lower case.
struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// Sends one request to 127.0.0.1 and reads to the end of the connection. `head` holds further
/// header lines, each ended by CRLF. Nothing when the connection was refused or broke before an
/// answer was whole.
[[nodiscard]] std::optional<HttpAnswer> request(int port, std::string_view method,
                                                std::string_view target, std::string_view head = {},
                                                std::string_view body = {});

/// A port that nobody listens on at this moment.
[[nodiscard]] int free_port();
