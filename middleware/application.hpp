#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "loop/loop.hpp"
#include "middleware/chain.hpp"
#include "middleware/deploy_routes.hpp"
#include "middleware/launch_environment.hpp"
#include "middleware/lifecycle.hpp"
#include "middleware/signs_of_life.hpp"
#include "ops/middleware/server.hpp"

namespace ops::middleware {

/// What the product adds to an app: the probes and admin routes in front of the app's own, the
/// lifecycle, and the way in which the process ends. The server carries the requests; this decides.
class Application {
 public:
  /// What the server is told to do.
  struct Orders {
    /// Connections may come from now on. May be called before there is a socket, and again.
    std::function<void()> accept;
    /// To finish what it has begun. Called at most once.
    std::function<void()> begin_drain;
  };

  /// The references must outlive it. Takes the password out of the environment at once.
  Application(loop::Loop& loop, base::Log& log, const base::Clock& clock,
              const ServerOptions& options, Orders orders);

  /// Adds the product's routes. `address` is where the server listens, for those who follow a
  /// deploy.
  void add_routes(Chain& chain, const std::string& address);

  /// The server has its sockets: with Readiness::when_listening the app is ready now.
  void listening();
  /// The app says that it can serve.
  void ready() { handle(LifeEvent::told_ready); }
  /// Somebody asked the process to end (TERM, INT).
  void stop() { handle(LifeEvent::told_to_end); }

  /// Whether another process may be serving on the same sockets.
  [[nodiscard]] bool shares_sockets() const { return launch_.overlaps; }

  /// What run() returns once everything is drained: 0, or the restart code when a deploy has
  /// switched the release.
  [[nodiscard]] int exit_status() const { return exit_status_; }

 private:
  void add_probes(Chain& chain);
  void add_deploys(Chain& chain, const std::string& address);
  void handle(LifeEvent event);
  void perform(LifeAction action);
  void tell_supervisor(const std::string& notice);
  void ask_for_successor();

  loop::Loop& loop_;
  base::Log& log_;
  const base::Clock& clock_;
  const ServerOptions& options_;
  LaunchEnvironment launch_;
  Result<Credentials> credentials_;
  Orders orders_;
  LifeRules rules_;
  Phase phase_ = Phase::starting;
  SignsOfLife signs_of_life_;
  std::unique_ptr<DeployRoutes> deploys_;
  int exit_status_ = 0;
};

}  // namespace ops::middleware
