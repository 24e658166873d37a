#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "deploy/deploy_settings.hpp"
#include "deploy/refused.hpp"
#include "deploy/unpack.hpp"
#include "deploy/verdict.hpp"
#include "ops/result.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// Where the file work of a deploy is done. Each function here blocks, and holds the lock for as
/// long.
struct Workplace {
  release::ReleaseStore& store;
  const release::ReleaseLock& held;
  const DeploySettings& settings;
  const base::Clock& clock;
  base::Log& log;
};

struct JudgedSources {
  Unpacked unpacked;
  std::string hash;
  Verdict verdict = Verdict::fresh;
};
struct JudgedTree {
  std::string hash;
  Verdict verdict = Verdict::fresh;
};

/// The path of what is staged under that name.
[[nodiscard]] std::string staged_path(const release::ReleaseStore& store,
                                      const std::string& staging);

/// Unpacks an archive, and says what is known of its sources.
[[nodiscard]] Result<JudgedSources, Refused> unpack_and_judge(const Workplace& place, int archive,
                                                              const std::stop_token& stop);

/// Puts carried and shared paths into the staged tree. Returns whether anything was carried.
[[nodiscard]] Result<bool> prepare_tree(const Workplace& place, const std::string& staging,
                                        const std::stop_token& stop);

/// Hashes the staged tree, and says what is known of such a release.
[[nodiscard]] Result<JudgedTree> hash_and_judge(const Workplace& place, const std::string& staging,
                                                const std::stop_token& stop);
/// The same where the tree is known to be its sources.
[[nodiscard]] Result<JudgedTree> judge_tree(const Workplace& place, const std::string& hash);

/// Makes the staged tree the release that the lines name, and `current` it. `switched` gets its
/// time from `began` on. Where it fails nothing new remains.
[[nodiscard]] Result<release::Switched> publish_and_switch(
    const Workplace& place, const Unpacked& unpacked, const release::JournalEntry& published,
    release::JournalEntry switched, std::chrono::steady_clock::time_point began);

/// Takes everything staged away, and writes a last line.
[[nodiscard]] Result<void> clean_and_note(const Workplace& place,
                                          const release::JournalEntry& line);

}  // namespace ops::deploy
