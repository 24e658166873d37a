#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ops::client {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// A body that lies in a file: sent from its start, never held in memory.
struct FileBody {
  int fd;  // must stay open until the answer is there
  std::uint64_t bytes;
};

/// What the receiver of a streamed answer wants next.
enum class Reading { go_on, enough };

struct HttpRequest {
  std::string method = "GET";
  std::string url = {};
  HttpHeaders headers = {};
  /// Must outlive the call: it may hold a secret, so it is not copied.
  std::string_view body = {};
  std::optional<FileBody> file = {};

  /// One byte more is a failure.
  std::size_t response_limit = std::size_t{1} << 20;
  /// A server that is silent for longer is given up.
  std::chrono::seconds silence_limit{60};

  /// Set: the body of a 2xx answer goes here as it comes, and not into the response. After
  /// `enough` the connection is closed and the answer counts as complete.
  std::function<Reading(std::string_view bytes)> on_body = {};
  /// Called with the bytes of `file` that have been sent.
  std::function<void(std::uint64_t bytes)> on_sent = {};
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers = {};  // names in lower case
  std::string body = {};

  /// The value of the first header of that (lower-case) name; empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Why there is no (whole) answer.
enum class HttpFailureKind {
  unreachable,  // no connection, or the other side is not who it should be: nothing was sent
  timed_out,
  cut,  // the connection ended early, or what came is not HTTP
  interrupted,
  too_large,  // the answer
};

struct HttpFailure {
  HttpFailureKind kind;
  std::string message;  // the reason alone: "Connection refused"
};

}  // namespace ops::client
