#include "client/package.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "archive/zip_create.hpp"
#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/sha256.hpp"
#include "client/stopwatch.hpp"

namespace ops::client {
namespace {

Result<base::UniqueFd> nameless_file() {
  const char* const directory = ::getenv("TMPDIR");
  std::string name = directory == nullptr || *directory == '\0' ? "/tmp" : directory;
  name += "/ops-XXXXXX";
  base::UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return base::os_error("cannot create a temporary file " + name);
  ::unlink(name.c_str());
  return fd;
}

Result<Package> pack_files(const Sources& sources, std::vector<archive::SourceFile> files) {
  const Stopwatch watch;
  const auto root = base::open_directory(sources.root);
  if (!root) return root.error();
  auto zip = nameless_file();
  if (!zip) return zip.error();
  Package package{.zip = *std::move(zip), .files = files.size()};
  const auto bytes = archive::create_zip(root->get(), std::move(files), package.zip.get());
  if (!bytes) return bytes.error();
  package.zip_bytes = *bytes;
  if (::lseek(package.zip.get(), 0, SEEK_SET) != 0) return base::os_error("cannot read the zip");
  const auto digest = base::sha256_of_file(package.zip.get());
  if (!digest) return digest.error();
  package.sha256 = base::to_hex(*digest);
  package.packing = watch.elapsed();
  return package;
}

}  // namespace

Result<Package> pack(const Sources& sources) {
  std::vector<archive::SourceFile> files;
  files.reserve(sources.manifest.entries().size());
  for (const auto& file : sources.manifest.entries()) files.push_back({file.path, file.mode});
  return pack_files(sources, std::move(files));
}

Result<Package> pack_only(const Sources& sources, const std::vector<std::string>& paths) {
  const auto& all = sources.manifest.entries();
  std::vector<archive::SourceFile> files;
  files.reserve(paths.size());
  for (const std::string& path : paths) {
    const auto file = std::ranges::lower_bound(all, path, {}, &release::ManifestEntry::path);
    if (file == all.end() || file->path != path) {
      return Error{"the server asks for a file that is none of ours: " + path};
    }
    files.push_back({file->path, file->mode});
  }
  return pack_files(sources, std::move(files));
}

}  // namespace ops::client
