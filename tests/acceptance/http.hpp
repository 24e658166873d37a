#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

/// An answer as it came over the socket; names of headers in lower case.
struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A connection to 127.0.0.1 that may carry several requests. Whatever the other side does, nothing
/// here takes longer than half a minute.
class HttpConnection {
 public:
  explicit HttpConnection(int port);

  /// Whether all was handed to the kernel.
  bool send(std::string_view bytes) const;
  /// The next answer, which must tell its length or come in chunks. Nothing when the connection
  /// broke, or its time was over, before it was whole.
  [[nodiscard]] std::optional<HttpAnswer> read_answer();
  /// GET on a connection that stays.
  [[nodiscard]] std::optional<HttpAnswer> get(std::string_view target);

 private:
  /// Until `enough` says so of what has been read.
  template <typename Enough>
  bool read_until(const Enough& enough);

  ops::base::UniqueFd fd_;
  std::chrono::steady_clock::time_point deadline_;
  std::string read_;
};

/// Sends one request to 127.0.0.1 on a connection of its own. `head` holds further header lines,
/// each ended by CRLF. Nothing when the connection was refused or broke before an answer was whole.
[[nodiscard]] std::optional<HttpAnswer> request(int port, std::string_view method,
                                                std::string_view target, std::string_view head = {},
                                                std::string_view body = {});
