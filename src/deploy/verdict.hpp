#pragma once

#include <string_view>

#include "ops/result.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// What the past says about content that is to be deployed.
enum class Verdict { fresh, serves_already, failed_before };

/// By the hash of the sources.
[[nodiscard]] Result<Verdict> judge_sources(const release::ReleaseStore& store,
                                            std::string_view source_hash);
/// By the id of the built tree.
[[nodiscard]] Result<Verdict> judge_release(const release::ReleaseStore& store,
                                            std::string_view id);

}  // namespace ops::deploy
