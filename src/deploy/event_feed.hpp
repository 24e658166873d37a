#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "deploy/build_log.hpp"
#include "deploy/deploy_event.hpp"
#include "deploy/deploy_record.hpp"
#include "deploy/deploy_settings.hpp"

namespace ops::deploy {

/// The events after number `after`, at most `most`: a line of the log each, then what the record
/// tells. A record whose end may not be shown yet must come without it.
[[nodiscard]] std::vector<DeployEvent> events_of(const DeployRecord& record, LogLines& log,
                                                 const DeploySettings& settings,
                                                 std::uint64_t after, std::size_t most);

}  // namespace ops::deploy
