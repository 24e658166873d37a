#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "archive/refusal.hpp"
#include "archive/zip_scan.hpp"
#include "ops/error.hpp"

namespace ops::deploy {

/// Why a deploy or rollback was not taken; the number is the HTTP status that goes with it.
enum class RefusalKind {
  busy,             // 409: another deploy is running
  too_large,        // 413
  not_a_zip,        // 415
  wrong_digest,     // 400: the body is not what x-content-sha256 says
  archive_refused,  // 422
  failed_before,    // 422
  no_such_release,  // 404
  already_active,   // 400
  no_space,         // 507
  bad_offer,        // 400: what is offered cannot be read
  unknown_base,     // 409: it is offered against a release that is not known here
  not_awaited,      // 409: files that no deploy waits for
  key_reused,       // 422: an idempotency key that stands for something else
  no_such_deploy,   // 404
  too_late,         // 409: it cannot be cancelled any more
  cancelled,        // 409 to the one who still waits for an answer
  overdue,          // nobody is answered: the missing files did not come
  leaving,          // 503: this process is ending
  build_failed,     // of a deploy that was taken: no answer tells it, its status does
  broken,           // 500: the machine's fault
};
/// What a program goes by: "no-space". The same in an answer, in a deploy's status and in the
/// journal, so it never changes.
[[nodiscard]] std::string_view code(RefusalKind kind);

struct Refused {
  RefusalKind kind;
  std::string message;              // for the person who must act
  std::string running_deploy = {};  // of busy
};

[[nodiscard]] Refused offer_too_large(std::size_t limit);

/// The machine's fault: no space, or broken.
[[nodiscard]] Refused refused_by(const Error& error);
/// The archive's fault: its message begins with the rule's code. Or the machine's.
[[nodiscard]] Refused refused_by(const archive::ZipFailure& failure);

}  // namespace ops::deploy
