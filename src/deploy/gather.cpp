#include "deploy/gather.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "archive/entry_name.hpp"
#include "archive/path_tree.hpp"
#include "archive/utf8.hpp"
#include "archive/zip_extract.hpp"
#include "base/durable_file.hpp"
#include "base/freed_memory.hpp"
#include "deploy/disk_space.hpp"
#include "deploy/kept_files.hpp"
#include "release/source_offer.hpp"

namespace ops::deploy {
namespace {

using archive::Refusal;
using archive::Rule;
using release::Manifest;
using release::ManifestEntry;

Refused refused_as(Rule rule, std::string_view path, std::string_view why) {
  return refused_by(archive::ZipFailure{archive::refuse(rule, path, why)});
}

Refused too_many_entries(std::size_t limit) {
  return refused_as(Rule::too_many_entries, {},
                    "it holds more than " + std::to_string(limit) + " entries");
}

Result<Manifest, Refused> read_offer(const Workplace& place, std::string text) {
  auto offer = release::SourceOffer::from_json(text, place.settings.entries);
  // The largest of all that is held for an offer; an assignment would keep its memory.
  std::string().swap(text);
  if (!offer && offer.error().reason == std::errc::value_too_large) {
    return too_many_entries(place.settings.entries);
  }
  if (!offer) return Refused{RefusalKind::bad_offer, offer.error().message};
  Manifest base;
  if (!offer->base.empty()) {
    auto known = place.store.sources(offer->base);
    if (!known) {
      return Refused{RefusalKind::unknown_base,
                     "release " + offer->base + " is not kept here: offer all files"};
    }
    base = std::move(known).value();
  }
  auto sources = release::offered_sources(*std::move(offer), std::move(base));
  if (!sources) return Refused{RefusalKind::unknown_base, sources.error().message};
  return std::move(sources).value();
}

// The same rules as for what comes in an archive.
std::optional<Refused> judge(const Manifest& sources, const DeploySettings& settings) {
  const archive::ScanLimits limits = scan_limits(settings);
  const auto& files = sources.entries();
  if (files.empty()) return refused_as(Rule::empty, {}, "it holds no file");
  if (files.size() > limits.entries) return too_many_entries(limits.entries);
  archive::PathTree tree(limits);
  std::uint64_t left = limits.unpacked_bytes;
  for (const ManifestEntry& file : files) {
    auto refusal = archive::judge_name(file.path, limits);
    if (!refusal) refusal = tree.add(file.path, archive::EntryKind::file);
    if (refusal) return refused_by(archive::ZipFailure{*std::move(refusal)});
    if (file.bytes > left) {
      return refused_as(
          Rule::too_large, file.path,
          "with it there are more than " + std::to_string(limits.unpacked_bytes) + " bytes");
    }
    left -= file.bytes;
    if (auto refused = refuse_shared(file.path, settings)) return refused;
  }
  return std::nullopt;
}

std::uint64_t bytes_of(const Manifest& sources) {
  std::uint64_t bytes = 0;
  for (const ManifestEntry& file : sources.entries()) bytes += file.bytes;
  return bytes;
}

Result<void, Refused> stage(const Workplace& place, Gathered& gathered,
                            const std::stop_token& stop) {
  const Manifest& sources = gathered.staged.sources;
  const DiskSpace space = space_of(place.store.directory(), place.settings);
  if (auto fit = check_space(space, bytes_of(sources)); !fit) return fit;
  auto name = place.store.new_staging(place.held);
  if (!name) return refused_by(name.error());
  gathered.staged.staging = std::move(name).value();
  const auto root = base::open_directory(staged_path(place.store, gathered.staged.staging));
  if (!root) return refused_by(root.error());
  KeptFiles kept(place.store);
  archive::TargetTree target(root->get());
  for (const ManifestEntry& file : sources.entries()) {
    const auto copied = kept.copy(file, target, stop);
    if (!copied) return refused_by(copied.error());
    if (!*copied) gathered.missing.push_back(file.path);
  }
  return {};
}

// Null for a path that was not asked for.
const ManifestEntry* asked_for(const Gathered& gathered, const std::string& path) {
  if (!std::ranges::binary_search(gathered.missing, path)) return nullptr;
  const auto& files = gathered.staged.sources.entries();
  return &*std::ranges::lower_bound(files, path, {}, &ManifestEntry::path);
}

std::optional<Refused> judge_rest(const Gathered& gathered, const archive::ScannedArchive& rest) {
  for (const archive::ScannedEntry& entry : rest.entries) {
    const ManifestEntry* const wanted = asked_for(gathered, entry.path);
    if (wanted == nullptr || entry.kind != archive::EntryKind::file) {
      return refused_as(Rule::inconsistent, entry.path, "it is none of the missing files");
    }
    if (entry.mode != wanted->mode || entry.unpacked_bytes != wanted->bytes) {
      return refused_as(Rule::inconsistent, entry.path,
                        "its size or mode is not the one that was offered: it has changed since, "
                        "deploy again");
    }
  }
  if (rest.entries.size() == gathered.missing.size()) return std::nullopt;
  return refused_as(Rule::inconsistent, {},
                    "it holds " + std::to_string(rest.entries.size()) + " of the " +
                        std::to_string(gathered.missing.size()) + " missing files");
}

std::optional<Refused> judge_contents(const Gathered& gathered,
                                      const std::vector<archive::ExtractedFile>& files) {
  for (const archive::ExtractedFile& file : files) {
    if (file.sha256 == asked_for(gathered, file.path)->sha256) continue;
    return refused_as(Rule::bad_data, file.path,
                      "its content is not the one that was offered: it has changed since, deploy "
                      "again");
  }
  return std::nullopt;
}

}  // namespace

Result<Gathered, Refused> gather(const Workplace& place, std::string offer,
                                 FailedBefore failed_before, const std::stop_token& stop) {
  const base::LargeWork around(offer.size());
  auto sources = read_offer(place, std::move(offer));
  if (!sources) return sources.error();
  if (auto refused = judge(*sources, place.settings)) return *std::move(refused);
  Gathered gathered;
  gathered.staged.sources = std::move(sources).value();
  gathered.hash = gathered.staged.sources.content_hash();
  const auto verdict = judge_sources(place.store, gathered.hash);
  if (!verdict) return refused_by(verdict.error());
  gathered.verdict = *verdict;
  const bool is_deployed =
      *verdict == Verdict::fresh ||
      (*verdict == Verdict::failed_before && failed_before == FailedBefore::tried_again);
  if (!is_deployed) return gathered;
  if (auto staged = stage(place, gathered, stop); !staged) return staged.error();
  return gathered;
}

Result<void, Refused> complete(const Workplace& place, const Gathered& gathered, int archive,
                               const std::stop_token& stop) {
  archive::ScanLimits limits = scan_limits(place.settings);
  limits.least_files = 0;
  const auto scanned = archive::scan_zip(archive, limits);
  if (!scanned) return refused_by(scanned.error());
  if (auto refused = judge_rest(gathered, *scanned)) return *std::move(refused);
  const DiskSpace space = space_of(place.store.directory(), place.settings);
  if (auto fit = check_space(space, scanned->unpacked_bytes); !fit) return fit;
  const auto target = base::open_directory(staged_path(place.store, gathered.staged.staging));
  if (!target) return refused_by(target.error());
  const auto files = archive::extract_zip(archive, *scanned, target->get(), stop);
  if (!files) return refused_by(files.error());
  if (auto refused = judge_contents(gathered, *files)) return *std::move(refused);
  return {};
}

}  // namespace ops::deploy
