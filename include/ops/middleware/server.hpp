#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/middleware/handler.hpp"
#include "ops/result.hpp"

namespace ops::middleware {

/// What one client may ask of the server. The last byte under a limit is accepted, the first one
/// over answered with the status in brackets; every wait has an end.
struct ServerLimits {
  std::size_t request_line_bytes = std::size_t{8} * 1024;  // [414]
  std::size_t head_bytes = std::size_t{16} * 1024;         // [431]
  std::size_t header_fields = 100;                         // [431]
  std::size_t body_bytes = std::size_t{1024} * 1024;       // of an ordinary request [413]
  /// One more takes the place of the connection that has been without a request for longest; where
  /// each has one, it is closed at once. The process's limit of descriptors, less 64, is a limit
  /// too.
  std::size_t connections = 10'000;
  std::chrono::milliseconds head_time = std::chrono::seconds(10);  // from the first byte [408]
  std::chrono::milliseconds body_pause =
      std::chrono::seconds(30);  // between two pieces of a body [408]
  /// Slower than that, after the first body_pause, a body may not come [408]: a client that drips
  /// would keep a deploy's lock for ever.
  std::size_t body_bytes_a_second = std::size_t{4} * 1024;
  std::chrono::milliseconds keep_alive =
      std::chrono::seconds(90);  // idle: longer than load balancers wait
  std::chrono::milliseconds write_pause =
      std::chrono::seconds(30);  // a client that reads nothing is cut off
  /// A client that is still sending when its answer comes early is read on for so long: a close
  /// would destroy the answer before the client has seen it.
  std::chrono::milliseconds linger = std::chrono::seconds(5);
};

/// How POST /admin/deploy-quick works. It is there when the app has a releases directory
/// (OPS_RELEASES) and a password of at least 16 characters in <NAME>_DEPLOYBOT_PWD; the log says
/// why when it is not.
struct DeployOptions {
  /// Run by `sh -c` in the new release before it is switched to; empty: none.
  std::string build_command = {};
  /// More than 0. Then the build and all it has started get TERM, five seconds later KILL.
  std::chrono::seconds build_time = std::chrono::seconds(600);
  /// Paths that are not uploaded but taken over from the release that serves ("node_modules").
  std::vector<std::string> carry = {};
  /// Paths that are links to a directory outside of all releases: {path in the release, target}.
  std::vector<std::pair<std::string, std::string>> shared = {};
  /// Healthy releases that stay, at least 2.
  std::size_t keep = 2;
  /// What one upload may be. The last one under a limit is accepted, the first one over answered
  /// with the status in brackets and left without effect. None may be 0 but free_bytes. `ops`
  /// itself sends nothing beyond the defaults of entries, depth and unpacked_bytes.
  std::uint64_t received_bytes = std::uint64_t{256} << 20;  // of an archive [413]
  std::size_t offer_bytes = std::size_t{16} << 20;          // of a list of files [413]
  std::uint64_t unpacked_bytes = std::uint64_t{1} << 30;    // [413]
  std::size_t entries = 50'000;  // files, and by themselves directories [413]
  std::size_t depth = 32;        // parts of a path, at most 128 [422]
  /// How many times its size an archive may unpack to, once that is more than 1 MiB. Sources stay
  /// below 30; what is made to fill a disk reaches 1,032. [422]
  std::uint64_t ratio = 200;
  /// Bytes that must be left on the disk of the releases beside what an upload takes there, packed
  /// and unpacked. Looked at before its first byte is received, as far as its length is known by
  /// then, and again before it is unpacked. [507]
  std::uint64_t free_bytes = std::uint64_t{64} << 10;
};

/// Who says that the app is ready to serve.
enum class Readiness {
  when_listening,  // the server itself, as soon as it listens
  when_told,       // the app, by Server::ready()
};

/// Which signals make Server::run drain and return.
enum class StopSignals {
  term_and_int,  // run() handles both while it runs
  none,          // the app does as it likes with its signals
};

struct ServerOptions {
  /// The application's name: "travelr" reads TRAVELR_DEPLOYBOT_PWD. Letters, digits, '-' and '_'.
  std::string name;
  /// Where to listen when server-runner (or systemd) has handed over no socket: "127.0.0.1:8080",
  /// "[::]:8080", "unix:/run/app.sock".
  std::string listen = "127.0.0.1:8080";
  Readiness readiness = Readiness::when_listening;
  StopSignals stop_signals = StopSignals::term_and_int;
  ServerLimits limits = {};
  DeployOptions deploy = {};
  /// How long requests in flight may go on after TERM or a deploy's switch.
  std::chrono::milliseconds drain_time = std::chrono::seconds(20);
};

/// Whether a server can be made of these options; the error names the one that is wrong and what it
/// wants. For programs that end with a status of their own for wrong usage: run() checks too.
[[nodiscard]] Result<void> check(const ServerOptions& options);

/// An HTTP/1.1 server with the product's routes in front of the app's own: probes, sign-in,
/// deploys. One thread: run() serves on the caller's, and handlers are called there. Two servers in
/// one program need two threads.
class Server {
 public:
  explicit Server(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Adds a route. Paths match exactly, byte for byte, on the raw path. GET answers HEAD too. A
  /// path that has routes but none for the method answers 405; an unknown path 404. Routes are
  /// added before run(), which fails where a path is the product's own or has two handlers for a
  /// method. Paths that begin with "/admin/" are for those who may deploy: requests come with the
  /// headers that POST /auth gives the key for, or are answered with 401 before they get here.
  void get(std::string path, Handler handler);
  void handle(std::string method, std::string path, Handler handler);

  /// Calls back once on the server's thread, while run() serves. For deferred replies.
  void after(std::chrono::milliseconds delay, std::function<void()> callback);

  /// With Readiness::when_told: the app can serve. /readyz turns 200 and the supervisor is told.
  void ready();

  /// Serves until TERM or INT (returns 0) or until a deploy has switched the release (returns the
  /// restart code, 99), after requests in flight have been answered. Under `server-runner
  /// --overlap` a switched release is started beside this process instead, which serves until it
  /// gets TERM; the next process takes connections when it is ready. Returns 1, having said why on
  /// stderr, when it cannot start. TERM and INT are this function's while it runs. It raises the
  /// process's soft limit of descriptors, up to the hard one, to what `limits.connections` need.
  [[nodiscard]] int run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ops::middleware
