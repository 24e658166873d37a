#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "deploy/deploy_work.hpp"

namespace ops::deploy {

/// What of an offer is here already, staged, and what must be sent.
struct Gathered {
  Unpacked staged;  // of a release that will not be deployed there is none
  std::string hash;
  Verdict verdict = Verdict::fresh;
  std::vector<std::string> missing;  // paths, sorted
};

enum class FailedBefore { refused, tried_again };

/// Reads what is offered (release::SourceOffer as JSON), holds it to the rules for an archive, and
/// copies what a kept release has into a new staging directory. Blocks.
[[nodiscard]] Result<Gathered, Refused> gather(const Workplace& place, std::string offer,
                                               FailedBefore failed_before,
                                               const std::stop_token& stop);

/// Unpacks an archive that holds exactly what was missing into what was gathered, and leaves
/// nothing behind where it does not. Blocks.
[[nodiscard]] Result<void, Refused> complete(const Workplace& place, const Gathered& gathered,
                                             int archive, const std::stop_token& stop);

}  // namespace ops::deploy
