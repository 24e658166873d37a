#include "deploy/unpack.hpp"

#include <utility>
#include <vector>

#include "archive/zip_extract.hpp"
#include "base/durable_file.hpp"
#include "base/tree.hpp"
#include "deploy/disk_space.hpp"

namespace ops::deploy {
namespace {

bool is_within(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

Result<void, Refused> check_shared(const archive::ScannedArchive& scanned,
                                   const DeploySettings& settings) {
  for (const archive::ScannedEntry& entry : scanned.entries) {
    if (auto refused = refuse_shared(entry.path, settings)) return *std::move(refused);
  }
  return {};
}

release::Manifest manifest_of(std::vector<archive::ExtractedFile> files) {
  std::vector<release::ManifestEntry> entries;
  entries.reserve(files.size());
  for (archive::ExtractedFile& file : files) {
    entries.push_back({std::move(file.path), file.mode, file.bytes, file.sha256});
  }
  return release::Manifest(std::move(entries));
}

}  // namespace

std::optional<Refused> refuse_shared(std::string_view path, const DeploySettings& settings) {
  for (const auto& [shared, target] : settings.shared) {
    if (!is_within(path, shared)) continue;
    return Refused{RefusalKind::archive_refused,
                   "shared-path: " + std::string(path) + " lies in " + shared +
                       ", which all releases share: leave it out of the upload"};
  }
  return std::nullopt;
}

Result<Unpacked, Refused> unpack(release::ReleaseStore& store, const release::ReleaseLock& held,
                                 int archive, const DeploySettings& settings,
                                 const std::stop_token& stop) {
  const auto scanned = archive::scan_zip(archive, scan_limits(settings));
  if (!scanned) return refused_by(scanned.error());
  if (auto fit = check_shared(*scanned, settings); !fit) return fit.error();
  const DiskSpace space = space_of(store.directory(), settings);
  if (auto fit = check_space(space, scanned->unpacked_bytes); !fit) return fit.error();

  auto name = store.new_staging(held);
  if (!name) return refused_by(name.error());
  const auto staging = base::open_directory(store.path() + "/staging");
  const auto target = base::open_directory(store.path() + "/staging/" + *name);
  if (!staging) return refused_by(staging.error());
  if (!target) return refused_by(target.error());
  auto files = archive::extract_zip(archive, *scanned, target->get(), stop);
  if (files) return Unpacked{std::move(name).value(), manifest_of(std::move(files).value())};
  Refused refused = refused_by(files.error());
  if (const auto removed = base::remove_tree(staging->get(), *name, stop); !removed) {
    refused.message += " (and " + removed.error().message + ")";
  }
  return refused;
}

}  // namespace ops::deploy
