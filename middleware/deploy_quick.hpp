#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "deploy/deployer.hpp"
#include "middleware/auth.hpp"
#include "middleware/exchange.hpp"
#include "middleware/journal_notes.hpp"

namespace ops::middleware {

/// What a body must be, and what is said where it is something else.
struct BodyType {
  std::string_view name;
  std::string_view code;
  const char* remedy;
};

/// POST /admin/deploy-quick: everything that can be refused by the head is refused before a byte of
/// the body is read; the body goes to the disk as it comes. What an admitted client is refused by
/// the head stands in the journal. All arguments must outlive it.
class DeployQuick {
 public:
  DeployQuick(const Auth& auth, deploy::Deployer& deployer, JournalNotes& refusals)
      : auth_(auth), deployer_(deployer), refusals_(refusals) {}

  void receive(const Request& request, const std::shared_ptr<Exchange>& exchange);

  /// POST /admin/deploy-quick/missing: what a client is about to deploy, file by file. The answer
  /// names the files that it must send, with `x-ops-deploy`.
  void receive_offer(const Request& request, const std::shared_ptr<Exchange>& exchange);

 private:
  /// Who may send what; nothing where that has been refused.
  [[nodiscard]] std::optional<deploy::UploadRequest> admit(
      const Request& request, const std::shared_ptr<Exchange>& exchange,
      const BodyType& wanted) const;
  using ToResponse = Response (*)(const deploy::Accepted& accepted);
  /// Hands the body to a deploy, or says why not.
  void take(const std::shared_ptr<Exchange>& exchange, deploy::UploadRequest upload,
            ToResponse accepted);
  /// Answers, and notes it in the journal.
  void refuse(const std::shared_ptr<Exchange>& exchange, release::JournalEntry line,
              const deploy::Refused& refused);

  const Auth& auth_;
  deploy::Deployer& deployer_;
  JournalNotes& refusals_;
};

/// The request's Idempotency-Key, empty where it has none; the answer to one that cannot be used.
[[nodiscard]] Result<std::string, Response> idempotency_key_of(const Request& request);

/// 202 with where to look for the rest, or 200 for what serves already.
[[nodiscard]] Response accepted_answer(const deploy::Accepted& accepted);

/// 200 with the files that are missing, or with what serves already.
[[nodiscard]] Response missing_answer(const deploy::Accepted& accepted);

/// The contract's status and code for each refusal.
[[nodiscard]] Response refused_answer(const deploy::Refused& refused);

}  // namespace ops::middleware
