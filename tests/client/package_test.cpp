#include "client/package.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "archive/zip_scan.hpp"
#include "base/sha256.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::client::find_sources;
using ops::client::pack;
using ops::client::pack_only;
using ops::client::Package;
using ops::client::Sources;

namespace {

Sources sources_in(const TemporaryDirectory& directory) {
  auto sources = find_sources(directory.path());
  REQUIRE(sources.ok());
  return std::move(sources).value();
}

Package packed(const TemporaryDirectory& directory) {
  auto package = pack(sources_in(directory));
  REQUIRE(package.ok());
  return std::move(package).value();
}

}  // namespace

TEST_CASE("a package holds the files of its tree, and passes the scan that servers make") {
  const TemporaryDirectory directory;
  directory.write("message.txt", "hello\n");
  directory.write_program("bin/run", "#!/bin/sh\n");
  directory.write(".gitignore", "*.log\n");
  directory.write("noise.log", "x");
  const Package package = packed(directory);
  CHECK(package.files == 3);
  const auto scanned = ops::archive::scan_zip(package.zip.get());
  REQUIRE(scanned.ok());
  REQUIRE(scanned->entries.size() == 3);
  CHECK(scanned->entries[1].path == "bin/run");
  CHECK(scanned->entries[1].mode == 0755);
}

TEST_CASE("a package knows its size and hash, and its file has no name") {
  const TemporaryDirectory directory;
  directory.write("message.txt", "hello\n");
  const Package package = packed(directory);
  struct stat status {};
  REQUIRE(::fstat(package.zip.get(), &status) == 0);
  CHECK(static_cast<std::uint64_t>(status.st_size) == package.zip_bytes);
  CHECK(status.st_nlink == 0);
  REQUIRE(::lseek(package.zip.get(), 0, SEEK_SET) == 0);
  CHECK(ops::base::to_hex(*ops::base::sha256_of_file(package.zip.get())) == package.sha256);
}

TEST_CASE("the same files give the same bytes") {
  const TemporaryDirectory one;
  const TemporaryDirectory two;
  for (const TemporaryDirectory* directory : {&one, &two}) {
    directory->write("a/b", "x");
    directory->write("c", std::string(100'000, 'y'));
  }
  CHECK(packed(one).sha256 == packed(two).sha256);
  two.write("c", "z");
  CHECK(packed(one).sha256 != packed(two).sha256);
}

TEST_CASE("only the files that are asked for are packed, which may be none") {
  const TemporaryDirectory directory;
  for (const char* name : {"a", "b", "c/d"}) directory.write(name, name);
  const Sources sources = sources_in(directory);
  const auto some = pack_only(sources, {"a", "c/d"});
  REQUIRE(some.ok());
  CHECK(some->files == 2);
  CHECK(ops::archive::scan_zip(some->zip.get())->entries.size() == 2);
  const auto none = pack_only(sources, {});
  REQUIRE(none.ok());
  CHECK(none->zip_bytes == 22);
  CHECK(ops::archive::scan_zip(none->zip.get(), {.least_files = 0})->entries.empty());
  CHECK_FALSE(pack_only(sources, {"a", "e"}).ok());
}
