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
#include "ops/middleware/server.hpp"

namespace ops::middleware {

/// What the product adds to an app: the probes and admin routes in front of the app's own, the
/// lifecycle, and the way in which the process ends. The server carries the requests; this decides.
class Application {
 public:
  /// The references must outlive it. Takes the password out of the environment at once.
  /// `begin_drain` is called at most once, when the server should finish what it has begun.
  Application(loop::Loop& loop, base::Log& log, const base::Clock& clock,
              const ServerOptions& options, std::function<void()> begin_drain);

  /// Adds the product's routes. `address` is where the server listens, for those who follow a
  /// deploy.
  void add_routes(Chain& chain, const std::string& address);

  /// The server listens: with Readiness::when_listening the app is ready now.
  void listening();
  /// The app says that it can serve.
  void ready() { lifecycle_.become_ready(); }
  /// Somebody asked the process to end (TERM, INT).
  void stop();

  /// What run() returns once everything is drained: 0, or the restart code when a deploy has
  /// switched the release.
  [[nodiscard]] int exit_status() const { return exit_status_; }

 private:
  void add_probes(Chain& chain);
  void add_deploys(Chain& chain, const std::string& address);
  void restart();
  void drain();

  loop::Loop& loop_;
  base::Log& log_;
  const base::Clock& clock_;
  const ServerOptions& options_;
  LaunchEnvironment launch_;
  Result<Credentials> credentials_;
  std::function<void()> begin_drain_;
  Lifecycle lifecycle_;
  std::unique_ptr<DeployRoutes> deploys_;
  int exit_status_ = 0;
};

}  // namespace ops::middleware
