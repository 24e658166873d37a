#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "ops/supervisor/app_spec.hpp"
#include "ops/supervisor/event.hpp"
#include "ops/supervisor/status.hpp"

namespace ops::supervisor {

class Supervision;

/// Keeps one app running, as its spec says, and tells what happens. It starts no thread and never
/// ends the process. There are two ways to use it, and one process may hold several:
///
/// - run() takes the calling thread until the app has ended for good;
/// - in an event loop of the application's own: start(), then serve() whenever descriptor() is
///   readable. That is all that the loop has to know of it.
///
/// Everything is called on one thread at a time. Whatever the process is told to leave alone
/// (AppSpec::Process), nobody else may reap the app (no waitpid(-1), no ignored SIGCHLD).
class Supervisor {
 public:
  using Observer = std::function<void(const Event&)>;

  /// Does nothing yet. `observer` is called within run(), start() and serve(), on their thread, and
  /// may call whatever there is here but these; it may destroy the supervisor.
  explicit Supervisor(AppSpec spec, Observer observer = {});
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  /// An app that still runs is killed with its group, and waited for. To let it end well: stop(),
  /// and wait for the event Ended.
  ~Supervisor();

  /// start(), and serve() until the end; returns the exit status that follows from it: the app's
  /// own, 128 + N where signal N ended it, 127 and 126 where its program was not found or cannot be
  /// executed, 69 where an address cannot be listened on, 73 where the releases directory cannot be
  /// set up.
  int run();

  /// Opens the sockets, sets up the releases, starts the app. To be called once. What fails is told
  /// by events, as everything is; the last is Ended.
  void start();
  /// Readable when serve() has something to do. The same from construction to destruction; stays
  /// ours.
  [[nodiscard]] int descriptor() const;
  /// Does what is due and returns without waiting.
  void serve();

  /// As a TERM would: the app is told to end, and nothing is started any more. May be repeated.
  void stop();
  /// As a `RESTART=1` of the app would.
  void restart();
  /// As if this process had got it: INT and TERM order a stop, others go to the app that serves.
  void signal(int number);

  [[nodiscard]] Status status() const;
  /// What run() returns, once the end has come.
  [[nodiscard]] std::optional<int> exit_status() const;

 private:
  // Shared with the call in progress only, so that the observer may destroy us.
  std::shared_ptr<Supervision> supervision_;
};

}  // namespace ops::supervisor
