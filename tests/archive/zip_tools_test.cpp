// Other programs' archives are accepted here, and the ones made here by other programs.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "archive/zip_create.hpp"
#include "archive/zip_extract.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "foreign_zip.hpp"
#include "forged_zip.hpp"
#include "random_tree.hpp"
#include "soak.hpp"
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
  const char* command;  // in the tree; $OUT is the archive to make
};

constexpr auto tools = std::to_array<Tool>(
    {{"zip", "zip -r $OUT ."},
     {"zip", "zip -rX0 $OUT ."},
     {"zip", "zip -r - . | cat > $OUT"},
     {"7z", "7z a -tzip $OUT ."},
     {"7z", "7z a -tzip -mx0 $OUT ."},
     {"bsdtar",
      "find . -mindepth 1 -maxdepth 1 -printf '%P\\n' | bsdtar -c --format zip -f $OUT -T -"},
     {"python3",
      "python3 -c 'import shutil, os; shutil.make_archive(os.environ[\"OUT\"][:-4], \"zip\", "
      "\".\")'"},
     {"python3",
      "python3 -c 'import sys, zipfile, os\n"
      "with zipfile.ZipFile(os.environ[\"OUT\"], \"w\") as z:\n"
      "  for d, _, names in os.walk(\".\"):\n"
      "    for n in names: z.write(os.path.join(d, n))\n'"},
     {"python3",
      "python3 -c 'import sys, zipfile, os\n"
      "with zipfile.ZipFile(sys.stdout.buffer, \"w\", 8) as z:\n"
      "  for d, _, names in os.walk(\".\"):\n"
      "    for n in names: z.write(os.path.join(d, n))\n' | cat > $OUT"}});

struct ForeignWriter {
  const char* name;
  std::string (*zip)(const TreeSnapshot& files);
  bool tells_modes;
};

constexpr auto foreign_writers =
    std::to_array<ForeignWriter>({{"Go", foreign::go_zip, true},
                                  {"Archive Utility", foreign::mac_zip, true},
                                  {"ditto", foreign::ditto_zip, true},
                                  {"Explorer", foreign::explorer_zip, false},
                                  {".NET", foreign::dotnet_zip, false},
                                  {"7-Zip for Windows", foreign::windows_7z_zip, false}});

/// Ordinary trees in the ordinary run, a thousand in a long one.
int trees() { return std::max(1, soak_size(3, 1000)); }

void require_no_refusal(const ops::archive::ZipFailure& failure) {
  const auto* refusal = std::get_if<ops::archive::Refusal>(&failure);
  FAIL((refusal != nullptr ? refusal->message : std::get<ops::Error>(failure).message));
}

/// What an archive unpacks to here.
TreeSnapshot unpacked(const std::string& zip) {
  const TemporaryDirectory target;
  const ops::base::UniqueFd fd(::open(zip.c_str(), O_RDONLY | O_CLOEXEC));
  const auto scanned = ops::archive::scan_zip(fd.get());
  if (!scanned) require_no_refusal(scanned.error());
  const auto directory = ops::base::open_directory(target.path().string());
  REQUIRE(directory.ok());
  const auto files = ops::archive::extract_zip(fd.get(), *scanned, directory->get());
  if (!files) require_no_refusal(files.error());
  return files_of(target.path());
}

// What only Finder made is no part of the tree.
TreeSnapshot without_finders_own(TreeSnapshot files) {
  std::erase_if(files, [](const auto& file) { return file.first.starts_with("__MACOSX/"); });
  return files;
}

TreeSnapshot without_modes(TreeSnapshot files) {
  for (auto& [path, what] : files) what.replace(0, 3, "644");
  return files;
}

}  // namespace

TEST_CASE("archives that other programs make of random trees unpack to the same trees", "[soak]") {
  std::vector<Tool> present;
  std::ranges::copy_if(tools, std::back_inserter(present),
                       [](const Tool& tool) { return is_there(tool.name); });
  for (int seed = 0; seed < trees(); ++seed) {
    const TemporaryDirectory root;
    static_cast<void>(make_random_tree(root, static_cast<unsigned>(seed)));
    const TreeSnapshot tree = files_of(root.path());
    for (const Tool& tool : present) {
      INFO("tree " << seed << ": " << tool.command);
      const TemporaryDirectory out;
      const std::string zip = out.file("a.zip");
      REQUIRE(runs("export LC_ALL=C.UTF-8 OUT=" + zip + "; cd " + root.path().string() + " && " +
                   tool.command));
      REQUIRE(unpacked(zip) == tree);
    }
  }
}

TEST_CASE("archives as programs elsewhere write them unpack to the same trees", "[soak]") {
  for (int seed = 0; seed < trees(); ++seed) {
    const TemporaryDirectory root;
    static_cast<void>(make_random_tree(root, static_cast<unsigned>(seed)));
    const TreeSnapshot tree = files_of(root.path());
    for (const ForeignWriter& writer : foreign_writers) {
      INFO("tree " << seed << ": " << writer.name);
      const TemporaryDirectory out;
      out.write("a.zip", writer.zip(tree));
      const TreeSnapshot arrived = unpacked(out.file("a.zip"));
      REQUIRE(without_finders_own(arrived) == (writer.tells_modes ? tree : without_modes(tree)));
    }
  }
}

TEST_CASE("archives made here are sound to other programs") {
  const auto tool = GENERATE(
      Tool{"unzip", "unzip -tqq $OUT"}, Tool{"7z", "7z t $OUT"}, Tool{"bsdtar", "bsdtar -xOf $OUT"},
      Tool{"python3", "python3 -m zipfile -t $OUT | grep -qx 'Done testing'"});
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
  CHECK(runs("export LC_ALL=C.UTF-8 OUT=" + zip + "; " + tool.command));
}
