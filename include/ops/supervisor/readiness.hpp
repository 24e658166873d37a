#pragma once

#include <chrono>
#include <string>

namespace ops::supervisor {

/// By what an instance of the app is known to be ready. Whatever is chosen, a `READY=1` on
/// NOTIFY_SOCKET always counts.
struct Readiness {
  enum class Sign {
    /// `READY=1` and nothing else.
    notify,
    /// A GET of `path` is answered with a status from 200 to 399.
    http,
    /// A connection is accepted.
    tcp,
    /// It has run for the time `settle`.
    settle,
  };

  Sign sign = Sign::settle;
  std::chrono::milliseconds settle{1000};
  /// Of `http` and `tcp`: an IP address ("127.0.0.1", "::1"); no name is looked up.
  std::string host = {};
  unsigned short port = 0;
  /// Of `http`: the path and the query.
  std::string path = "/";
  /// Not ready by then is a failed start.
  std::chrono::milliseconds timeout{300'000};
};

}  // namespace ops::supervisor
