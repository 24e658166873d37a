#include "archive/zip_create.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <string>

#include "archive/zip_extract.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "forged_zip.hpp"
#include "random_tree.hpp"
#include "temporary_directory.hpp"
#include "tree_snapshot.hpp"

using ops::archive::create_zip;
using ops::archive::SourceFile;

namespace {

ops::Result<std::uint64_t> create(const TemporaryDirectory& root, std::vector<SourceFile> files,
                                  const std::string& zip) {
  const auto directory = ops::base::open_directory(root.path().string());
  REQUIRE(directory.ok());
  const ops::base::UniqueFd fd(::open(zip.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  REQUIRE(fd);
  return create_zip(directory->get(), std::move(files), fd.get());
}

void extract(const std::string& zip, const TemporaryDirectory& target) {
  const ops::base::UniqueFd fd(::open(zip.c_str(), O_RDONLY | O_CLOEXEC));
  const auto scanned = ops::archive::scan_zip(fd.get());
  REQUIRE(scanned.ok());
  const auto directory = ops::base::open_directory(target.path().string());
  REQUIRE(directory.ok());
  REQUIRE(ops::archive::extract_zip(fd.get(), *scanned, directory->get()).ok());
}

// libzip as an independent reader: the same files, with their modes and bytes.
TreeSnapshot read_by_libzip(const std::string& path) {
  zip_t* zip = ::zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, nullptr);
  REQUIRE(zip != nullptr);
  TreeSnapshot found;
  for (zip_int64_t i = 0; i < ::zip_get_num_entries(zip, 0); ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t stat = {};
    REQUIRE(::zip_stat_index(zip, index, 0, &stat) == 0);
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    REQUIRE(::zip_file_get_external_attributes(zip, index, 0, &system, &attributes) == 0);
    CHECK(system == ZIP_OPSYS_UNIX);
    std::string contents(stat.size, '\0');
    zip_file_t* file = ::zip_fopen_index(zip, index, 0);
    REQUIRE(file != nullptr);
    CHECK(::zip_fread(file, contents.data(), contents.size()) ==
          static_cast<zip_int64_t>(contents.size()));
    CHECK(::zip_fclose(file) == 0);
    const bool runs = ((attributes >> 16U) & 0777U) == 0755;
    found[stat.name] = (runs ? "755 " : "644 ") + contents;
  }
  ::zip_discard(zip);
  return found;
}

std::string error_of(const TemporaryDirectory& root, std::vector<SourceFile> files) {
  const TemporaryDirectory out;
  const auto size = create(root, std::move(files), out.file("a.zip"));
  return size ? "created" : size.error().message;
}

}  // namespace

TEST_CASE("random trees come back byte for byte and mode for mode") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    const TemporaryDirectory root;
    const TemporaryDirectory out;
    const TemporaryDirectory target;
    const auto files = make_random_tree(root, seed);
    const std::string zip = out.file("a.zip");
    const auto size = create(root, files, zip);
    REQUIRE(size.ok());
    CHECK(*size == std::filesystem::file_size(zip));
    extract(zip, target);
    const TreeSnapshot expected = files_of(root.path());
    CHECK(files_of(target.path()) == expected);
    CHECK(first_oddity(target.path()).empty());
    CHECK(read_by_libzip(zip) == expected);
  }
}

TEST_CASE("the same files give the same bytes, whatever their order, dates and owner") {
  const TemporaryDirectory out;
  const TemporaryDirectory one;
  const TemporaryDirectory two;
  auto files = make_random_tree(one, 7);
  static_cast<void>(make_random_tree(two, 7));
  REQUIRE(create(one, files, out.file("one.zip")).ok());
  std::reverse(files.begin(), files.end());
  for (const SourceFile& file : files) {
    std::filesystem::last_write_time(two.path() / file.path, {});
  }
  REQUIRE(create(two, files, out.file("two.zip")).ok());
  CHECK(out.read("one.zip") == out.read("two.zip"));
}

TEST_CASE("a file that does not shrink, or shrinks like a bomb, is stored") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  root.write("tiny", "x");
  root.write("zeros", std::string(5'000'000, '\0'));
  root.write("text", "to be or not to be, that is what is to be or not to be");
  REQUIRE(create(root, {{"tiny", 0644}, {"zeros", 0644}, {"text", 0644}}, out.file("a.zip")).ok());
  const ops::base::UniqueFd fd(::open(out.file("a.zip").c_str(), O_RDONLY | O_CLOEXEC));
  const auto scanned = ops::archive::scan_zip(fd.get());
  REQUIRE(scanned.ok());
  REQUIRE(scanned->entries.size() == 3);
  CHECK(scanned->entries[0].packing == ops::archive::Packing::deflated);
  CHECK(scanned->entries[1].packing == ops::archive::Packing::stored);
  CHECK(scanned->entries[2].packing == ops::archive::Packing::stored);
}

TEST_CASE("paths that a scan would refuse are an error before anything is written") {
  const TemporaryDirectory root;
  root.write("a:b", "x");
  root.write("README", "x");
  root.write("readme", "x");
  CHECK(error_of(root, {{"a:b", 0644}}).find("(bad-name)") != std::string::npos);
  CHECK(error_of(root, {{"../escape", 0644}}).find("(bad-name)") != std::string::npos);
  CHECK(error_of(root, {{"README", 0644}, {"readme", 0644}}).find("(duplicate-name)") !=
        std::string::npos);
  CHECK(error_of(root, {}).find("there is no file") != std::string::npos);
}

TEST_CASE("what is no regular file, or missing, is an error that names it") {
  const TemporaryDirectory root;
  root.write("real", "x");
  std::filesystem::create_symlink("real", root.path() / "link");
  REQUIRE(::mkfifo(root.file("pipe").c_str(), 0600) == 0);
  CHECK(error_of(root, {{"link", 0644}}).find("cannot open link") == 0);
  CHECK(error_of(root, {{"missing", 0644}}).find("cannot open missing") == 0);
  CHECK(error_of(root, {{"pipe", 0644}}).find("cannot put pipe") == 0);
}
