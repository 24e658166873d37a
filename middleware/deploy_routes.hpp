#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "loop/loop.hpp"
#include "middleware/chain.hpp"
#include "middleware/credentials.hpp"
#include "middleware/launch_environment.hpp"
#include "middleware/lifecycle.hpp"
#include "ops/middleware/server.hpp"
#include "ops/result.hpp"

namespace ops::middleware {

/// What the routes stand on. The references must outlive them.
struct DeployFoundation {
  loop::Loop& loop;
  base::Log& log;
  const base::Clock& clock;
  const LaunchEnvironment& launch;
  const Credentials& credentials;
  const ServerOptions& options;
  std::string address;  // where the server listens: "127.0.0.1:8080"
  std::function<Phase()> phase;
};

/// Signing in, deploying, rolling back, and following a deploy: the routes and all that stands
/// behind them.
class DeployRoutes {
 public:
  /// Opens the releases directory that the supervisor named. `switched` is called when another
  /// release is to be started, by a process that comes after this one or beside it.
  [[nodiscard]] static Result<std::unique_ptr<DeployRoutes>> open(
      const DeployFoundation& foundation, std::function<void()> switched);
  DeployRoutes(const DeployRoutes&) = delete;
  DeployRoutes& operator=(const DeployRoutes&) = delete;
  ~DeployRoutes();

  void add_to(Chain& chain);

  /// The release that was switched to is to be started beside this process, see Deployer.
  void hand_over();
  /// This process is ending: no deploy begins any more.
  void leave();

  /// Answers sign-ins and all of /admin/ where there can be no deploys: 503 with `reason`, which
  /// says what to set.
  static void add_refusals_to(Chain& chain, const std::string& reason);

 private:
  struct Parts;
  explicit DeployRoutes(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ops::middleware
