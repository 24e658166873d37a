#include "deploy/verdict.hpp"

#include <algorithm>
#include <string>

namespace ops::deploy {
namespace {

Verdict verdict_on(const release::History& history, const release::ReleaseRecord* record,
                   std::string_view current) {
  if (record == nullptr) return Verdict::fresh;
  if (record->standing == release::Standing::failed) return Verdict::failed_before;
  const bool serves = record->id == current && !record->removed &&
                      record->standing == release::Standing::healthy &&
                      !history.awaits_readiness(current);
  return serves ? Verdict::serves_already : Verdict::fresh;
}

}  // namespace

Result<Verdict> judge_sources(const release::ReleaseStore& store, std::string_view source_hash) {
  const auto history = store.history();
  if (!history) return history.error();
  const auto current = store.current();
  if (!current) return current.error();
  const release::ReleaseRecord* serving = history->find(*current);
  if (serving != nullptr && serving->source == source_hash &&
      verdict_on(*history, serving, *current) == Verdict::serves_already) {
    return Verdict::serves_already;
  }
  // A build may have made several trees of the same sources: the last one counts.
  const auto& releases = history->releases();
  const auto last = std::find_if(
      releases.rbegin(), releases.rend(),
      [source_hash](const release::ReleaseRecord& known) { return known.source == source_hash; });
  return verdict_on(*history, last == releases.rend() ? nullptr : &*last, *current);
}

Result<Verdict> judge_release(const release::ReleaseStore& store, std::string_view id) {
  const auto history = store.history();
  if (!history) return history.error();
  const auto current = store.current();
  if (!current) return current.error();
  return verdict_on(*history, history->find(id), *current);
}

}  // namespace ops::deploy
