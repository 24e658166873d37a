#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/deploy_status.hpp"
#include "client/session.hpp"

namespace ops::client {

/// Told what happens while a deploy is on its way. Called between the steps: must not block.
class DeployListener {
 public:
  virtual ~DeployListener() = default;
  /// What is to be sent: `files` of them, as a zip.
  virtual void packed(std::size_t files, std::uint64_t bytes, std::chrono::milliseconds time) = 0;
  virtual void sent(std::uint64_t bytes, std::uint64_t of) = 0;
  virtual void uploaded(std::uint64_t bytes, std::chrono::milliseconds time) = 0;
  /// What it does now: "comparing", "uploading", and then each state that the server is seen in.
  virtual void state(std::string_view state) = 0;
  virtual void build_line(std::string_view line) = 0;
  virtual void starting(std::string_view message) = 0;
  /// The server does not answer at the moment: it restarts. Told once an outage.
  virtual void waiting(std::string_view reason) = 0;
};

/// Follows a deploy to its end: its events as they come, then its state. The server may restart in
/// between as often as it likes; events go on where they ended. A failure is that the end was not
/// seen: what became of the deploy is not known.
[[nodiscard]] Result<DeployStatus, Failure> follow_deploy(Session& session,
                                                          const std::string& deploy,
                                                          DeployListener& listener,
                                                          const Patience& patience);

/// Asks once how a deploy stands.
[[nodiscard]] Result<DeployStatus, Failure> ask_status(Session& session, const std::string& deploy,
                                                       const Patience& patience);

/// Asks which release serves until it is `release`. Fails with `not_serving` and the one that does.
[[nodiscard]] Result<void, Failure> await_serving(Session& session, const std::string& release,
                                                  const Patience& patience);

}  // namespace ops::client
