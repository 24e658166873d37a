#pragma once

#include <map>
#include <optional>
#include <string>

#include "client/follow_deploy.hpp"
#include "client/package.hpp"

namespace ops::client {

/// Whether a release that failed its trial before may be tried again.
enum class FailedBefore { refuse, try_again };

/// What became of a deploy or a rollback. Without a failure the server has answered with `release`.
struct DeployOutcome {
  std::string deploy = {};    // empty when the server took none
  std::string release = {};   // empty while it was never told
  std::string state = {};     // the last one that was seen
  std::string previous = {};  // what served before
  std::string serving = {};   // what served last, as far as the server could be asked
  std::map<std::string, long long> timings = {};  // phase to milliseconds
  std::optional<Failure> failure = {};
};

/// A deploy from its first byte to the proof that it serves. Prints nothing.
class DeployFlow {
 public:
  /// All must outlive the flow.
  DeployFlow(Session& session, DeployListener& listener, const Patience& patience);

  /// Sends the package and waits until the server serves it.
  [[nodiscard]] DeployOutcome quick_deploy(const Package& package, FailedBefore failed_before);

  /// Switches back (or forth) to a release that was healthy: an id, "previous" or "image".
  [[nodiscard]] DeployOutcome roll_back(const std::string& to);

 private:
  [[nodiscard]] bool ask_before();
  void upload(const Package& package, FailedBefore failed_before);
  void fail_upload(Failure failure, bool complete);
  void take_answer(const std::string& action, const HttpResponse& response);
  void follow();
  void verify();
  void fail(Failure failure);
  [[nodiscard]] DeployOutcome finish();

  Session& session_;
  DeployListener& listener_;
  const Patience& patience_;
  DeployOutcome outcome_;
};

}  // namespace ops::client
