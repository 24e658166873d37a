// Other programs' archives are accepted here, and the ones made here by other programs.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "archive/zip_create.hpp"
#include "archive/zip_extract.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "forged_zip.hpp"
#include "random_tree.hpp"
#include "temporary_directory.hpp"
#include "tree_snapshot.hpp"

namespace {

bool runs(const std::string& command) {
  return std::system(("(" + command + ") >/dev/null 2>&1").c_str()) == 0;
}

bool is_there(const std::string& tool) {
  if (runs("command -v " + tool)) return true;
  std::cout << "skipped: " << tool << " is not installed\n";
  return false;
}

struct Tool {
  const char* name;
  const char* command;  // in the tree; $ZIP is the archive to make
};

}  // namespace

TEST_CASE("archives of other programs are accepted and unpack to the same tree") {
  const auto tool = GENERATE(
      Tool{"zip", "zip -r $ZIP ."}, Tool{"zip", "zip -rX0 $ZIP ."}, Tool{"7z", "7z a -tzip $ZIP ."},
      Tool{"7z", "7z a -tzip -mx0 $ZIP ."}, Tool{"bsdtar", "bsdtar -c --format zip -f $ZIP *"},
      Tool{"python3", "python3 -m zipfile -c $ZIP *"},
      Tool{"python3",
           "python3 -c 'import shutil, os; shutil.make_archive(os.environ[\"ZIP\"][:-4], \"zip\", "
           "\".\")'"},
      Tool{"python3",
           "python3 -c 'import sys, zipfile, os\n"
           "with zipfile.ZipFile(sys.stdout.buffer, \"w\", 8) as z:\n"
           "  for d, _, names in os.walk(\".\"):\n"
           "    for n in names: z.write(os.path.join(d, n))\n' | cat > $ZIP"});
  if (!is_there(tool.name)) return;
  INFO(tool.command);
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  const TemporaryDirectory target;
  root.write("hello.txt", "hello hello hello hello");
  root.write("src/main.cpp", std::string(5000, 'm') + "int main() {}");
  root.write("src/deep/noise", std::string("\x01\x9f\x73\x00\xd5", 5));
  root.write("src/empty", "");
  root.write("K\xc3\xa4se.txt", "a name that is not ASCII");
  root.write("run.sh", "#!/bin/sh\n");
  std::filesystem::permissions(root.path() / "run.sh", static_cast<std::filesystem::perms>(0755));
  const std::string zip = out.file("a.zip");
  REQUIRE(runs("export LC_ALL=C.UTF-8 ZIP=" + zip + "; cd " + root.path().string() + " && " +
               tool.command));

  const ops::base::UniqueFd fd(::open(zip.c_str(), O_RDONLY | O_CLOEXEC));
  const auto scanned = ops::archive::scan_zip(fd.get());
  if (!scanned) {
    const auto* refusal = std::get_if<ops::archive::Refusal>(&scanned.error());
    FAIL((refusal != nullptr ? refusal->message : "machine error"));
  }
  const auto directory = ops::base::open_directory(target.path().string());
  REQUIRE(directory.ok());
  REQUIRE(ops::archive::extract_zip(fd.get(), *scanned, directory->get()).ok());
  CHECK(files_of(target.path()) == files_of(root.path()));
}

TEST_CASE("archives made here are sound to other programs") {
  const auto tool = GENERATE(
      Tool{"unzip", "unzip -tqq $ZIP"}, Tool{"7z", "7z t $ZIP"}, Tool{"bsdtar", "bsdtar -xOf $ZIP"},
      Tool{"python3", "python3 -m zipfile -t $ZIP | grep -qx 'Done testing'"});
  if (!is_there(tool.name)) return;
  INFO(tool.command);
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  const auto files = make_random_tree(root, 11);
  const std::string zip = out.file("a.zip");
  const auto directory = ops::base::open_directory(root.path().string());
  REQUIRE(directory.ok());
  const ops::base::UniqueFd fd(::open(zip.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(ops::archive::create_zip(directory->get(), files, fd.get()).ok());
  CHECK(runs("export LC_ALL=C.UTF-8 ZIP=" + zip + "; " + tool.command));
}
