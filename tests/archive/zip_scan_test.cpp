#include "archive/zip_scan.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"
#include "peak_memory.hpp"
#include "sanitized.hpp"

using forged::verdict;
using ops::archive::EntryKind;
using ops::archive::scan_zip;
using ops::archive::ScanLimits;

namespace {

forged::Zip empty_files(std::size_t count) {
  forged::Zip zip;
  for (std::size_t i = 0; i < count; ++i) {
    zip.entries.push_back(forged::stored("f" + std::to_string(i), ""));
  }
  return zip;
}

}  // namespace

TEST_CASE("a sound archive is told entry by entry, in the order of its directory") {
  forged::Zip zip;
  zip.entries = {forged::directory("bin"),
                 forged::with_mode(forged::deflated("bin/run", std::string(500, 'r')), 0100755),
                 forged::streamed("notes.txt", "hello"), forged::stored("empty", "")};
  const auto fd = forged::file_of(forged::bytes(zip));
  const auto scanned = scan_zip(fd.get());
  REQUIRE(scanned.ok());
  REQUIRE(scanned->entries.size() == 4);
  CHECK(scanned->unpacked_bytes == 505);
  CHECK(scanned->entries[0].path == "bin");
  CHECK(scanned->entries[0].kind == EntryKind::directory);
  CHECK(scanned->entries[1].path == "bin/run");
  CHECK(scanned->entries[1].mode == 0755);
  CHECK(scanned->entries[1].unpacked_bytes == 500);
  CHECK(scanned->entries[2].index == 2);
  CHECK(scanned->entries[3].kind == EntryKind::file);
}

TEST_CASE("an archive inside an archive is only data") {
  CHECK(verdict(forged::stored("inner.zip", forged::bytes(forged::stored("../x", "y")))) ==
        "accepted");
}

TEST_CASE("entries that share bytes are refused") {
  forged::Zip zip;
  zip.entries = {forged::stored("a", "xxxx"), forged::stored("b", "yyyy")};
  SECTION("one local header for two records") {
    zip.entries[1] = zip.entries[0];
    zip.entries[1].central.name = zip.entries[1].local.name = "b";
    zip.entries[1].offset = 0;
    CHECK(verdict(zip) == "inconsistent");  // the header has one name only
  }
  SECTION("an entry quoted in another one's data") {
    const std::string whole = forged::bytes(forged::stored("b", "yyyy"));
    zip.entries[0] = forged::stored("a", whole.substr(0, 35));
    zip.entries.pop_back();
    auto quoted = forged::stored("b", "yyyy");
    quoted.offset = 31;
    zip.entries.push_back(quoted);
    CHECK(verdict(zip) == "overlap");
  }
}

TEST_CASE("an entry that the directory does not name is refused") {
  forged::Zip zip;
  zip.entries = {forged::stored("seen", "x"), forged::stored("hidden", "y")};
  const std::string both = forged::bytes(zip);
  const std::string hidden = forged::bytes(forged::stored("hidden", "y"));
  zip.entries.pop_back();
  zip.before_directory = hidden.substr(0, 30 + 6 + 1);
  CHECK(verdict(zip) == "ambiguous");
}

TEST_CASE("names that cannot live together are refused") {
  forged::Zip zip;
  zip.entries = {forged::stored("a", "x"), forged::stored("a", "x")};
  CHECK(verdict(zip) == "duplicate-name");
  zip.entries[1] = forged::stored("a/b", "x");
  CHECK(verdict(zip) == "file-is-directory");
}

TEST_CASE("an archive without a file is refused") {
  forged::Zip zip;
  CHECK(verdict(zip) == "empty");
  zip.entries.push_back(forged::directory("only"));
  CHECK(verdict(zip) == "empty");
  zip.entries.push_back(forged::stored("only/file", ""));
  CHECK(verdict(zip) == "accepted");
}

TEST_CASE("as many entries as allowed are accepted, one more is refused") {
  ScanLimits limits;
  limits.entries = 20;
  CHECK(verdict(empty_files(20), limits) == "accepted");
  CHECK(verdict(empty_files(21), limits) == "too-many-entries");
  CHECK(verdict(empty_files(50'000)) == "accepted");
  CHECK(verdict(empty_files(50'001)) == "too-many-entries");
}

TEST_CASE("few entries that imply many directories are refused") {
  ScanLimits limits;
  limits.entries = 20;
  CHECK(verdict(forged::stored("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/f", ""),
                limits) == "accepted");
  CHECK(verdict(forged::stored("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/f", ""),
                limits) == "too-many-entries");
}

TEST_CASE("as many bytes of names as allowed are accepted, one more is refused") {
  forged::Zip zip;
  zip.entries = {forged::directory("abcd"), forged::stored("abcd/f", "")};
  ScanLimits limits;
  limits.all_name_bytes = 10;
  CHECK(verdict(zip, limits) == "accepted");
  limits.all_name_bytes = 9;
  CHECK(verdict(zip, limits) == "too-large");
}

TEST_CASE("no archive takes more than 64 MB of memory to judge") {
  if (is_sanitized) return;  // what is freed is kept there
  // As many entries as there may be, each in a directory of its own, with names that grow when they
  // are compared: ї has two bytes, its parts have four.
  std::string letters;
  for (int i = 0; i < 36; ++i) letters += "\xd1\x97";
  forged::Zip zip;
  for (int i = 0; i < 50'000; ++i) {
    const std::string number = std::to_string(i);
    zip.entries.push_back(forged::stored(number + letters + "/" + number + letters, ""));
  }
  const auto fd = forged::file_of(forged::bytes(zip));
  zip = {};
  const std::size_t scanning = extra_memory([&fd] { CHECK(scan_zip(fd.get()).ok()); });
  CHECK(scanning < 64'000'000);
}

TEST_CASE("as many unpacked bytes as allowed are accepted, one more is refused") {
  ScanLimits limits;
  limits.unpacked_bytes = 100;
  forged::Zip zip;
  zip.entries = {forged::stored("a", std::string(60, 'a')),
                 forged::stored("b", std::string(40, 'b'))};
  CHECK(verdict(zip, limits) == "accepted");
  zip.entries.push_back(forged::stored("c", "c"));
  CHECK(verdict(zip, limits) == "too-large");
}

TEST_CASE("an archive that unpacks to far more than it holds is refused, unless it is small") {
  ScanLimits limits;
  limits.free_of_ratio = 4096;
  const auto dense = forged::deflated("zeros", std::string(100'000, '\0'));
  limits.ratio = 100'000 / dense.data.size() + 1;
  CHECK(verdict(dense, limits) == "accepted");
  limits.ratio -= 1;
  CHECK(verdict(dense, limits) == "ratio-too-high");
  CHECK(verdict(forged::deflated("zeros", std::string(4096, '\0')), limits) == "accepted");
  CHECK(verdict(dense) == "accepted");
}

TEST_CASE("a file that cannot be read is the machine's fault, not the archive's") {
  const ops::base::UniqueFd unreadable(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const auto scanned = scan_zip(unreadable.get());
  REQUIRE_FALSE(scanned.ok());
  CHECK(std::holds_alternative<ops::Error>(scanned.error()));
  CHECK_FALSE(scan_zip(-1).ok());
}
