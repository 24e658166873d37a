#include "deploy/deploy_work.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <utility>

#include "base/durable_file.hpp"
#include "base/freed_memory.hpp"
#include "deploy/carried_paths.hpp"
#include "release/trial.hpp"

namespace ops::deploy {
namespace {

// Noted before it has its name: a release that the journal does not know is nobody's to remove.
Result<void> publish(const Workplace& place, const Unpacked& unpacked,
                     const release::JournalEntry& line) {
  if (auto noted = place.store.journal().append(line); !noted) return noted;
  return place.store.publish(place.held, unpacked.staging, line.release, unpacked.sources);
}

Result<release::Switched> switch_over(const Workplace& place, release::JournalEntry line,
                                      std::chrono::steady_clock::time_point began) {
  using std::chrono::milliseconds;
  const auto taken = std::chrono::duration_cast<milliseconds>(place.clock.now() - began);
  line.timings = {{"publishing", taken.count()}};
  const std::string release = line.release;
  return place.store.switch_to(place.held, release, std::move(line));
}

std::uint64_t bytes_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void withdraw(const Workplace& place, const release::JournalEntry& line) {
  const auto withdrawn = release::withdraw(place.store, place.held, line.release);
  if (!withdrawn) place.log.warning(withdrawn.error().message, {{"deploy", line.deploy}});
}

}  // namespace

std::string staged_path(const release::ReleaseStore& store, const std::string& staging) {
  return store.path() + "/staging/" + staging;
}

Result<JudgedSources, Refused> unpack_and_judge(const Workplace& place, int archive,
                                                const std::stop_token& stop) {
  const base::LargeWork around(bytes_of(archive));
  auto unpacked = unpack(place.store, place.held, archive, place.settings, stop);
  if (!unpacked) return unpacked.error();
  std::string hash = unpacked->sources.content_hash();
  const auto verdict = judge_sources(place.store, hash);
  if (!verdict) return refused_by(verdict.error());
  return JudgedSources{std::move(unpacked).value(), std::move(hash), *verdict};
}

Result<bool> prepare_tree(const Workplace& place, const std::string& staging,
                          const std::stop_token& stop) {
  const auto current = place.store.current();
  if (!current) return current.error();
  const auto tree = place.store.tree_path(*current);
  if (!tree) return tree.error();
  const std::string staged = staged_path(place.store, staging);
  auto carried = carry_paths(*tree, staged, place.settings, stop);
  if (!carried) return carried;
  if (auto linked = link_shared(staged, place.settings); !linked) return linked.error();
  return carried;
}

Result<JudgedTree> hash_and_judge(const Workplace& place, const std::string& staging,
                                  const std::stop_token& stop) {
  const auto root = base::open_directory(staged_path(place.store, staging));
  if (!root) return root.error();
  const auto manifest = release::read_manifest(root->get(), stop);
  if (!manifest) return manifest.error();
  return judge_tree(place, manifest->content_hash());
}

Result<JudgedTree> judge_tree(const Workplace& place, const std::string& hash) {
  const auto verdict = judge_release(place.store, release::release_id(hash));
  if (!verdict) return verdict.error();
  return JudgedTree{hash, *verdict};
}

Result<release::Switched> publish_and_switch(const Workplace& place, const Unpacked& unpacked,
                                             const release::JournalEntry& published,
                                             release::JournalEntry switched,
                                             std::chrono::steady_clock::time_point began) {
  const bool is_new = !place.store.has(published.release);
  const auto done = publish(place, unpacked, published);
  auto outcome = done ? switch_over(place, std::move(switched), began) : done.error();
  // What serves stays; the release that nobody switched to would stay for ever.
  if (!outcome && is_new) withdraw(place, published);
  return outcome;
}

Result<void> clean_and_note(const Workplace& place, const release::JournalEntry& line) {
  const auto noted = place.store.journal().append(line);
  auto buried = place.store.bury_staged(place.held);
  return noted ? buried : noted;
}

}  // namespace ops::deploy
