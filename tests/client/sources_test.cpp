#include "client/sources.hpp"

#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::client::find_sources;

TEST_CASE("sources are the files that are deployed, with their sizes, modes and hashes") {
  const TemporaryDirectory directory;
  directory.write("message.txt", "hello\n");
  directory.write_program("bin/run", "#!/bin/sh\n");
  directory.write(".gitignore", "*.log\n");
  directory.write("noise.log", "x");
  const auto sources = find_sources(directory.path());
  REQUIRE(sources.ok());
  const auto& files = sources->manifest.entries();
  REQUIRE(files.size() == 3);
  CHECK(files[1] ==
        ops::release::ManifestEntry{"bin/run", 0755, 10, ops::base::sha256("#!/bin/sh\n")});
  CHECK(sources->bytes == 22);
}

TEST_CASE("the file that a zip replaces is no source") {
  const TemporaryDirectory directory;
  directory.write("message.txt", "hello\n");
  directory.write("out/old.zip", "PK");
  const auto sources = find_sources(directory.path(), "out/old.zip");
  REQUIRE(sources.ok());
  CHECK(sources->manifest.entries().size() == 1);
  CHECK(sources->bytes == 6);
}

TEST_CASE("a directory that is missing or holds no file is refused") {
  const TemporaryDirectory directory;
  const std::string none = find_sources(directory.file("none")).error().message;
  CHECK(none.find("cannot open the directory") == 0);
  const std::string empty = find_sources(directory.path()).error().message;
  CHECK(empty.find("there is no file in it") != std::string::npos);
}
