#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "middleware/lifecycle.hpp"
#include "ops/middleware/message.hpp"

namespace ops::middleware {

/// The outcome of one check at the moment of a probe. A probe only reads; it never runs a check.
struct CheckResult {
  std::string_view name;
  bool passed;
};

/// What `/livez` looks at: that the loop answers at all. It stays green while draining, so that
/// nobody kills an app that is finishing its requests.
[[nodiscard]] std::vector<CheckResult> live_checks();

/// What `/readyz` looks at: red while starting and from the first moment of a drain.
[[nodiscard]] std::vector<CheckResult> ready_checks(Phase phase);

/// Answers a probe the way Kubernetes' API server does: `ok`, or with `?verbose` (and always when
/// it fails) a line a check;
/// `?exclude=name` leaves one out. `Accept: application/health+json` gives that form
/// (draft-inadarei-api-health-check). `probe` is "livez", "readyz" or "healthz".
[[nodiscard]] Response answer_probe(std::string_view probe, std::span<const CheckResult> checks,
                                    const Request& request);

/// Answers `/readyz/<check>`: that check alone; 404 for a name that is not there.
[[nodiscard]] Response answer_single_check(std::string_view name,
                                           std::span<const CheckResult> checks);

}  // namespace ops::middleware
