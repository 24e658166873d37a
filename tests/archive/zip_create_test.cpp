#include "archive/zip_create.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "archive/zip_extract.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "forged_zip.hpp"
#include "noise.hpp"
#include "random_tree.hpp"
#include "soak.hpp"
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

// libzip as a reader: the same files, with their modes and bytes.
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

std::vector<ops::archive::ScannedEntry> scan(const std::string& zip) {
  const ops::base::UniqueFd fd(::open(zip.c_str(), O_RDONLY | O_CLOEXEC));
  const auto scanned = ops::archive::scan_zip(fd.get());
  REQUIRE(scanned.ok());
  return scanned->entries;
}

std::string error_of(const TemporaryDirectory& root, std::vector<SourceFile> files) {
  const TemporaryDirectory out;
  const auto size = create(root, std::move(files), out.file("a.zip"));
  return size ? "created" : size.error().message;
}

// A full disk, as far as writing goes.
std::string error_on_full_disk(const TemporaryDirectory& root, std::vector<SourceFile> files) {
  const auto directory = ops::base::open_directory(root.path().string());
  REQUIRE(directory.ok());
  const ops::base::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  const auto size = create_zip(directory->get(), std::move(files), full.get());
  return size ? "created" : size.error().message;
}

class TimeZone {
 public:
  explicit TimeZone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit lower = {most, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &lower);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_ = {};
};

}  // namespace

TEST_CASE("random trees come back byte for byte and mode for mode", "[soak]") {
  for (int seed = 1; seed <= soak_size(10, 1000); ++seed) {
    INFO("seed " << seed);
    const TemporaryDirectory root;
    const TemporaryDirectory out;
    const TemporaryDirectory target;
    const auto files = make_random_tree(root, static_cast<unsigned>(seed));
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

TEST_CASE("the bytes do not depend on the time zone") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  const auto files = make_random_tree(root, 3);
  for (const char* zone : {"UTC", "Asia/Kolkata", "America/New_York", "Pacific/Apia"}) {
    INFO(zone);
    const TimeZone set(zone);
    REQUIRE(create(root, files, out.file("here.zip")).ok());
    if (std::string(zone) == "UTC")
      std::filesystem::copy(out.file("here.zip"), out.file("utc.zip"));
    CHECK(out.read("here.zip") == out.read("utc.zip"));
  }
  CHECK(out.read("utc.zip").substr(10, 4) == std::string("\0\0\x21\0", 4));  // 1980-01-01 00:00
}

TEST_CASE("a zip holds headers, names and contents, and nothing else") {
  for (unsigned seed = 21; seed <= 25; ++seed) {
    INFO("seed " << seed);
    const TemporaryDirectory root;
    const TemporaryDirectory out;
    const auto size = create(root, make_random_tree(root, seed), out.file("a.zip"));
    REQUIRE(size.ok());
    std::uint64_t expected = 22;
    for (const auto& entry : scan(out.file("a.zip"))) {
      expected += 30 + 46 + 2 * entry.path.size() + entry.packed_bytes;
    }
    CHECK(*size == expected);
  }
}

TEST_CASE("a file that does not shrink, or shrinks like a bomb, is stored") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  const std::string words = "to be or not to be, that is what is to be or not to be";
  const std::vector<std::pair<const char*, std::string>> contents = {
      {"empty", ""},
      {"large-noise", noise(300'000)},
      {"noise", noise(8'190)},
      {"small-noise", "x"},
      {"zeros", std::string(5'000'000, '\0')},
      {"text", words},
      {"long-text", words + noise(3'000) + words},
      {"larger-text", std::string(20'000, 'x') + noise(20'000)}};
  std::vector<SourceFile> files;
  for (const auto& [name, text] : contents) {
    root.write(name, text);
    files.push_back({name, 0644});
  }
  REQUIRE(create(root, files, out.file("a.zip")).ok());
  for (const auto& entry : scan(out.file("a.zip"))) {
    INFO(entry.path);
    const bool shrinks = entry.path.find("text") != std::string::npos;
    CHECK((entry.packing == ops::archive::Packing::deflated) == shrinks);
    CHECK((entry.packed_bytes < entry.unpacked_bytes) == shrinks);
  }
}

TEST_CASE("a zip that is written anew, and is shorter then, leaves nothing of the first time") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  root.write("noise", noise(20'000));
  const auto size = create(root, {{"noise", 0644}}, out.file("a.zip"));
  REQUIRE(size.ok());
  CHECK(*size == 20'000 + 30 + 46 + 2 * 5 + 22);
  CHECK(std::filesystem::file_size(out.file("a.zip")) == *size);
}

TEST_CASE("many small files that shrink like bombs are no bomb together") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  std::vector<SourceFile> files;
  for (int i = 0; i < 100; ++i) {
    files.push_back({"zeros-" + std::to_string(i), 0644});
    root.write(files.back().path, std::string(60'000, '\0'));
  }
  REQUIRE(create(root, files, out.file("a.zip")).ok());
  CHECK(scan(out.file("a.zip")).size() == 100);
}

TEST_CASE("a thousand files need few descriptors") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  std::vector<SourceFile> files;
  for (int i = 0; i < 1'000; ++i) {
    files.push_back({"file-" + std::to_string(i), 0644});
    root.write(files.back().path, std::to_string(i));
  }
  const DescriptorLimit few(32);
  REQUIRE(create(root, files, out.file("a.zip")).ok());
}

TEST_CASE("a disk that is full is an error that says so") {
  const TemporaryDirectory root;
  root.write("small", "x");
  root.write("large", noise(3'000'000));
  const std::string full = "cannot write the zip: No space left on device";
  CHECK(error_on_full_disk(root, {{"small", 0644}}) == full);
  CHECK(error_on_full_disk(root, {{"large", 0644}, {"small", 0644}}) == full);
}

TEST_CASE("a file that is longer than its size says is an error, not a zip that lies") {
  const TemporaryDirectory out;
  const auto processes = ops::base::open_directory("/proc/self");
  REQUIRE(processes.ok());
  const ops::base::UniqueFd fd(
      ::open(out.file("a.zip").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const auto size = create_zip(processes->get(), {{"status", 0644}}, fd.get());
  REQUIRE_FALSE(size.ok());
  CHECK(size.error().message ==
        "cannot put status into a zip: its size changes while it is packed");
}

TEST_CASE("what only ZIP64 could hold is an error before anything is written") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  root.write("small", "x");
  root.write("vast", "");
  std::filesystem::resize_file(root.path() / "vast", 4'000'000'001);  // without a byte on the disk
  const auto size = create(root, {{"small", 0644}, {"vast", 0644}}, out.file("a.zip"));
  REQUIRE_FALSE(size.ok());
  CHECK(size.error().message.find("more than 4 GB") != std::string::npos);
  CHECK(out.read("a.zip").empty());
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
}

TEST_CASE("a zip of nothing is whole, for those who may send one") {
  const TemporaryDirectory root;
  const TemporaryDirectory out;
  CHECK(*create(root, {}, out.file("a.zip")) == 22);
  const ops::base::UniqueFd fd(::open(out.file("a.zip").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(ops::archive::scan_zip(fd.get(), {.least_files = 0})->entries.empty());
  CHECK_FALSE(ops::archive::scan_zip(fd.get()).ok());
}

TEST_CASE("what is no regular file, or missing, is an error that names it") {
  const TemporaryDirectory root;
  root.write("real", "x");
  std::filesystem::create_symlink("real", root.path() / "link");
  REQUIRE(::mkfifo(root.file("pipe").c_str(), 0600) == 0);
  CHECK(error_of(root, {{"link", 0644}}).find("cannot put link") == 0);
  CHECK(error_of(root, {{"missing", 0644}}).find("cannot open missing") == 0);
  CHECK(error_of(root, {{"pipe", 0644}}).find("cannot put pipe") == 0);
}
