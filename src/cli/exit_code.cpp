#include "cli/exit_code.hpp"

namespace ops::cli {

ExitCode exit_code(client::FailureKind kind) {
  using client::FailureKind;
  switch (kind) {
    case FailureKind::other:
    case FailureKind::unreachable:
    case FailureKind::cut:
    case FailureKind::unavailable:
      return ExitCode::other;
    case FailureKind::interrupted:
      return ExitCode::interrupted;
    case FailureKind::not_authorised:
      return ExitCode::not_authorised;
    case FailureKind::busy:
      return ExitCode::busy;
    case FailureKind::build_failed:
      return ExitCode::build_failed;
    case FailureKind::not_ready:
      return ExitCode::not_ready;
    case FailureKind::timed_out:
      return ExitCode::timed_out;
    case FailureKind::archive_refused:
      return ExitCode::archive_refused;
    case FailureKind::not_serving:
      return ExitCode::not_serving;
  }
  return ExitCode::other;
}

}  // namespace ops::cli
