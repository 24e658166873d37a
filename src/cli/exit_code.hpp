#pragma once

#include "client/failure.hpp"

namespace ops::cli {

/// What the program ends with. Scripts rely on the numbers.
enum class ExitCode {
  done = 0,  // and verified, or already so
  other = 1,
  usage = 2,
  not_authorised = 10,
  busy = 11,
  build_failed = 12,
  not_ready = 13,             // rolled back by the server
  platform_rolled_back = 14,  // by whatever runs the server's container
  timed_out = 15,             // state unknown
  archive_refused = 16,
  not_serving = 17,  // what was deployed
  interrupted = 130,
};

[[nodiscard]] ExitCode exit_code(client::FailureKind kind);

}  // namespace ops::cli
