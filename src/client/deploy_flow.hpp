#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/follow_deploy.hpp"
#include "client/known_sources.hpp"
#include "client/package.hpp"
#include "release/source_offer.hpp"

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

  /// Sends what the server does not have, and waits until it serves the sources. What is known of
  /// the release that serves keeps the list of files short.
  [[nodiscard]] DeployOutcome quick_deploy(const Sources& sources, FailedBefore failed_before,
                                           const KnownSources& known);

  /// Switches back (or forth) to a release that was healthy: an id, "previous" or "image".
  [[nodiscard]] DeployOutcome roll_back(const std::string& to);

 private:
  [[nodiscard]] bool ask_before();
  /// What a server lacks of an offer, and the deploy that waits for it.
  struct Wanted {
    std::string deploy = {};  // empty: it was not asked, everything is sent
    std::vector<std::string> missing = {};
  };

  void send(const Sources& sources, const KnownSources& known);
  [[nodiscard]] std::optional<Wanted> offer(const Sources& sources, const KnownSources& known);
  [[nodiscard]] Result<HttpResponse, Failure> ask_what_is_missing(const Sources& sources,
                                                                  const KnownSources& known);
  [[nodiscard]] Result<HttpResponse, Failure> send_offer(const release::SourceOffer& offer,
                                                         const std::string& hash);
  [[nodiscard]] std::optional<Wanted> wanted_in(const HttpResponse& response);
  [[nodiscard]] std::optional<HttpResponse> upload(const Package& package,
                                                   const std::string& deploy);
  struct Delivery {
    Result<HttpResponse, Failure> response;
    bool complete;  // all was sent
    [[nodiscard]] bool answer_is_lost() const;
  };
  [[nodiscard]] Delivery send_package(const Package& package, const std::string& deploy,
                                      const std::string& key);
  void fail_upload(Failure failure, bool complete);
  void take_answer(const std::string& action, const HttpResponse& response);
  void follow();
  void verify();
  void fail(Failure failure);
  [[nodiscard]] DeployOutcome finish();

  Session& session_;
  DeployListener& listener_;
  const Patience& patience_;
  std::string query_;  // of the requests that begin a deploy
  DeployOutcome outcome_;
};

}  // namespace ops::client
