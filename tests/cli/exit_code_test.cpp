#include "cli/exit_code.hpp"

#include "catch.hpp"

using ops::cli::exit_code;
using ops::cli::ExitCode;
using ops::client::FailureKind;

namespace {

int number(FailureKind kind) { return static_cast<int>(exit_code(kind)); }

}  // namespace

TEST_CASE("every kind of failure has the number that scripts rely on") {
  CHECK(number(FailureKind::other) == 1);
  CHECK(number(FailureKind::unreachable) == 1);
  CHECK(number(FailureKind::cut) == 1);
  CHECK(number(FailureKind::unavailable) == 1);
  CHECK(number(FailureKind::not_authorised) == 10);
  CHECK(number(FailureKind::busy) == 11);
  CHECK(number(FailureKind::build_failed) == 12);
  CHECK(number(FailureKind::not_ready) == 13);
  CHECK(number(FailureKind::timed_out) == 15);
  CHECK(number(FailureKind::archive_refused) == 16);
  CHECK(number(FailureKind::not_serving) == 17);
  CHECK(number(FailureKind::interrupted) == 130);
  CHECK(static_cast<int>(ExitCode::done) == 0);
  CHECK(static_cast<int>(ExitCode::usage) == 2);
  CHECK(static_cast<int>(ExitCode::platform_rolled_back) == 14);
}
