#include "client/package.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "archive/zip_scan.hpp"
#include "base/sha256.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::client::make_package;

TEST_CASE("a package holds the files of its tree, and passes the scan that servers make") {
  const TemporaryDirectory directory;
  directory.write("message.txt", "hello\n");
  directory.write("bin/run", "#!/bin/sh\n");
  directory.write(".gitignore", "*.log\n");
  directory.write("noise.log", "x");
  REQUIRE(::chmod(directory.file("bin/run").c_str(), 0755) == 0);
  const auto package = make_package(directory.path());
  REQUIRE(package.ok());
  CHECK(package->tree.files.size() == 3);
  CHECK(package->tree.bytes == 22);
  const auto scanned = ops::archive::scan_zip(package->zip.get());
  REQUIRE(scanned.ok());
  REQUIRE(scanned->entries.size() == 3);
  CHECK(scanned->entries[1].path == "bin/run");
  CHECK(scanned->entries[1].mode == 0755);
}

TEST_CASE("a package knows its size and hash, and its file has no name") {
  const TemporaryDirectory directory;
  directory.write("message.txt", "hello\n");
  const auto package = make_package(directory.path());
  REQUIRE(package.ok());
  struct stat status {};
  REQUIRE(::fstat(package->zip.get(), &status) == 0);
  CHECK(static_cast<std::uint64_t>(status.st_size) == package->zip_bytes);
  CHECK(status.st_nlink == 0);
  REQUIRE(::lseek(package->zip.get(), 0, SEEK_SET) == 0);
  CHECK(ops::base::to_hex(*ops::base::sha256_of_file(package->zip.get())) == package->sha256);
}

TEST_CASE("the same files give the same bytes") {
  const TemporaryDirectory one;
  const TemporaryDirectory two;
  for (const TemporaryDirectory* directory : {&one, &two}) {
    directory->write("a/b", "x");
    directory->write("c", std::string(100'000, 'y'));
  }
  CHECK(make_package(one.path())->sha256 == make_package(two.path())->sha256);
  two.write("c", "z");
  CHECK(make_package(one.path())->sha256 != make_package(two.path())->sha256);
}

TEST_CASE("the file that the zip replaces is not packed") {
  const TemporaryDirectory directory;
  directory.write("message.txt", "hello\n");
  directory.write("out/old.zip", "PK");
  const auto package = make_package(directory.path(), "out/old.zip");
  REQUIRE(package.ok());
  CHECK(package->tree.files.size() == 1);
  CHECK(package->tree.bytes == 6);
}

TEST_CASE("a directory that is missing or holds no file is refused") {
  const TemporaryDirectory directory;
  CHECK(make_package(directory.file("none")).error().message.find("cannot open the directory") ==
        0);
  CHECK(make_package(directory.path()).error().message.find("there is no file in it") !=
        std::string::npos);
}
