#pragma once

#include <memory>

#include "deploy/deployer.hpp"
#include "middleware/auth.hpp"
#include "middleware/exchange.hpp"
#include "middleware/journal_notes.hpp"

namespace ops::middleware {

/// POST /admin/deploy-quick: everything that can be refused by the head is refused before a byte of
/// the body is read; the body goes to the disk as it comes. What an admitted client is refused by
/// the head stands in the journal. All arguments must outlive it.
class DeployQuick {
 public:
  DeployQuick(const Auth& auth, deploy::Deployer& deployer, JournalNotes& refusals)
      : auth_(auth), deployer_(deployer), refusals_(refusals) {}

  void receive(const Request& request, const std::shared_ptr<Exchange>& exchange);

 private:
  const Auth& auth_;
  deploy::Deployer& deployer_;
  JournalNotes& refusals_;
};

/// 202 with where to look for the rest, or 200 for what serves already.
[[nodiscard]] Response accepted_answer(const deploy::Accepted& accepted);

/// The contract's status and code for each refusal.
[[nodiscard]] Response refused_answer(const deploy::Refused& refused);

}  // namespace ops::middleware
