#include <fcntl.h>

#include "archive/zip_scan.hpp"
#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "temporary_directory.hpp"

using ops::cli::ExitCode;

namespace {

struct ZippedProject {
  ZippedProject() {
    files.write("message.txt", "hello\n");
    files.write("bin/run", "#!/bin/sh\n");
    run.directory = files.path();
  }
  TemporaryDirectory files;
  TemporaryDirectory elsewhere;
  CliRun run;
};

std::vector<std::string> names_in_zip(const std::string& path) {
  const ops::base::UniqueFd fd(::open(path.c_str(), O_RDONLY));
  const auto scanned = ops::archive::scan_zip(fd.get());
  REQUIRE(scanned.ok());
  std::vector<std::string> names;
  for (const auto& entry : scanned->entries) names.push_back(entry.path);
  return names;
}

}  // namespace

TEST_CASE("deploy zip writes a zip that a server takes, and tells its size and hash") {
  ZippedProject project;
  const std::string zip = project.elsewhere.file("hello.zip");
  CHECK(project.run({"deploy", "zip", "-o", zip}) == ExitCode::done);
  CHECK(project.run.out.find(zip + ": 2 files, 16 bytes packed into ") == 0);
  CHECK(names_in_zip(zip) == std::vector<std::string>{"bin/run", "message.txt"});
  CHECK(project.run({"deploy", "zip", "-o", zip, "--json"}) == ExitCode::done);
  CHECK(project.run.json()["file"] == zip);
  CHECK(project.run.json()["files"] == 2);
  CHECK(project.run.json()["sha256"].get<std::string>().size() == 64);
}

TEST_CASE("the zip that deploy zip replaces is not part of the new one") {
  ZippedProject project;
  CHECK(project.run({"deploy", "zip", "-o", "hello.zip"}) == ExitCode::done);
  const std::string first = project.files.read("hello.zip");
  CHECK(project.run({"deploy", "zip", "-o", "hello.zip"}) == ExitCode::done);
  CHECK(project.files.read("hello.zip") == first);
  CHECK(names_in_zip(project.files.file("hello.zip")).size() == 2);
}

TEST_CASE("deploy zip --list shows the files and --dry-run writes nothing") {
  ZippedProject project;
  CHECK(project.run({"deploy", "zip", "--list"}) == ExitCode::done);
  CHECK(project.run.out == "bin/run\nmessage.txt\n");
  CHECK(project.run({"deploy", "zip", "--list", "--json"}) == ExitCode::done);
  CHECK(project.run.json()["list"].size() == 2);
  CHECK(project.run({"deploy", "zip", "-o", "hello.zip", "--dry-run"}) == ExitCode::done);
  CHECK(project.run.out.empty());
  CHECK_FALSE(std::filesystem::exists(project.files.file("hello.zip")));
}

TEST_CASE("a zip that cannot be written leaves nothing behind") {
  ZippedProject project;
  CHECK(project.run({"deploy", "zip", "-o", project.elsewhere.file("none/x.zip")}) ==
        ExitCode::other);
  CHECK(contains(project.run.err, "cannot create " + project.elsewhere.file("none/x.zip") + ": "));
  CHECK(project.run({"deploy", "zip", "--json", "-o", project.elsewhere.file("none/x.zip")}) ==
        ExitCode::other);
  CHECK(project.run.json()["ok"] == false);
  CHECK(contains(project.run.json()["error"], "cannot create "));
  std::filesystem::create_directory(project.elsewhere.file("taken"));
  CHECK(project.run({"deploy", "zip", "-o", project.elsewhere.file("taken")}) == ExitCode::other);
  CHECK(contains(project.run.err, "cannot write "));
  CHECK(std::distance(std::filesystem::directory_iterator(project.elsewhere.path()), {}) == 1);
}
