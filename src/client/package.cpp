#include "client/package.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

Result<void> pack(int root, Package& package) {
  const Stopwatch watch;
  auto zip = nameless_file();
  if (!zip) return zip.error();
  package.zip = *std::move(zip);
  std::vector<archive::SourceFile> files;
  files.reserve(package.tree.files.size());
  for (const TreeFile& file : package.tree.files) files.push_back({file.path, file.mode});
  const auto bytes = archive::create_zip(root, std::move(files), package.zip.get());
  if (!bytes) return bytes.error();
  package.zip_bytes = *bytes;
  if (::lseek(package.zip.get(), 0, SEEK_SET) != 0) return base::os_error("cannot read the zip");
  const auto digest = base::sha256_of_file(package.zip.get());
  if (!digest) return digest.error();
  package.sha256 = base::to_hex(*digest);
  package.packing = watch.elapsed();
  return {};
}

}  // namespace

Result<Package> make_package(const std::string& root, const std::string& leave_out) {
  const Stopwatch watch;
  const auto directory = base::open_directory(root);
  if (!directory) return directory.error();
  auto tree = scan_source_tree(directory->get());
  if (!tree) return tree.error();
  std::erase_if(tree->files, [&](const TreeFile& file) {
    if (file.path != leave_out) return false;
    tree->bytes -= file.bytes;
    return true;
  });
  if (tree->files.empty()) {
    return Error{"cannot pack " + root + ": there is no file in it, or every one is left out by " +
                 ".gitignore or .opsignore"};
  }
  Package package{.tree = *std::move(tree), .scanning = watch.elapsed()};
  if (auto packed = pack(directory->get(), package); !packed) return packed.error();
  return package;
}

}  // namespace ops::client
