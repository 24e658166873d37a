#include "archive/end_record.hpp"

#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using forged::verdict;

namespace {

forged::Zip one_file() {
  forged::Zip zip;
  zip.entries.push_back(forged::stored("a.txt", "hello"));
  return zip;
}

std::string with_lie(void (*lie)(forged::End&)) {
  forged::Zip zip = one_file();
  zip.lie = lie;
  return verdict(zip);
}

}  // namespace

TEST_CASE("what is not a zip is refused as such") {
  CHECK(verdict(std::string()) == "not-a-zip");
  CHECK(verdict(std::string("P")) == "not-a-zip");
  CHECK(verdict(std::string("PK\3\4")) == "not-a-zip");
  CHECK(verdict("<html>" + std::string(500, 'x')) == "not-a-zip");
  CHECK(verdict("\x1f\x8b" + std::string(100'000, 'x')) == "not-a-zip");
}

TEST_CASE("a zip that was cut anywhere is refused") {
  const std::string whole = forged::bytes(one_file());
  REQUIRE(verdict(whole) == "accepted");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO("cut to " << length);
    CHECK(verdict(whole.substr(0, length)) != "accepted");
  }
}

TEST_CASE("an archive comment is accepted up to its longest") {
  forged::Zip zip = one_file();
  zip.comment = "made by hand; PK is only text here";
  CHECK(verdict(zip) == "accepted");
  zip.comment = std::string(0xffff, 'c');
  CHECK(verdict(zip) == "accepted");
}

TEST_CASE("a comment that holds a record is refused") {
  forged::Zip zip = one_file();
  for (const char* signature : {"PK\1\2", "PK\3\4", "PK\5\6", "PK\6\6", "PK\6\7", "PK\7\x8"}) {
    zip.comment = std::string("here: ") + signature + " and more";
    CHECK(verdict(zip) == "ambiguous");
  }
  const std::string inner = forged::bytes(forged::Zip{});
  zip.comment = "an empty archive: " + inner;
  CHECK(verdict(zip) == "ambiguous");
}

TEST_CASE("bytes before, between or after the parts are refused") {
  const auto place = GENERATE(&forged::Zip::prefix, &forged::Zip::before_directory,
                              &forged::Zip::before_end, &forged::Zip::trailing);
  forged::Zip zip = one_file();
  zip.*place = "hidden";
  CHECK(verdict(zip) == "ambiguous");
}

TEST_CASE("an archive comment that says it is longer or shorter than it is is refused") {
  forged::Zip zip = one_file();
  zip.comment = "comment";
  zip.lie = [](forged::End& end) { end.comment_length = 6; };
  CHECK(verdict(zip) == "ambiguous");
  zip.lie = [](forged::End& end) { end.comment_length = 8; };
  CHECK(verdict(zip) == "ambiguous");
}

TEST_CASE("two archives one after the other are refused") {
  const std::string first = forged::bytes(forged::stored("a", "first"));
  const std::string second = forged::bytes(forged::stored("b", "second"));
  CHECK(verdict(first + second) == "ambiguous");
}

TEST_CASE("a directory that hides another end record in an entry's comment is refused") {
  forged::Zip zip = one_file();
  zip.entries[0].comment = forged::bytes(forged::Zip{});
  CHECK(verdict(zip) == "ambiguous");
}

TEST_CASE("an entry's comment is accepted") {
  forged::Zip zip = one_file();
  zip.entries[0].comment = "what this file is for";
  CHECK(verdict(zip) == "accepted");
}

TEST_CASE("an end record that points outside the file is refused") {
  CHECK(with_lie([](forged::End& end) { end.offset += 1000; }) == "truncated");
  CHECK(with_lie([](forged::End& end) { end.size += 1000; }) == "truncated");
  CHECK(with_lie([](forged::End& end) { end.offset = 0xfffffffe; }) == "truncated");
  CHECK(with_lie([](forged::End& end) { end.size = 0xfffffffe; }) == "truncated");
}

TEST_CASE("an end record that misses the directory is refused") {
  CHECK(with_lie([](forged::End& end) { end.size = 0; }) == "ambiguous");
  CHECK(with_lie([](forged::End& end) { end.offset -= 1; }) == "ambiguous");
}

TEST_CASE("an archive of several parts is refused") {
  CHECK(with_lie([](forged::End& end) { end.disk = 1; }) == "truncated");
  CHECK(with_lie([](forged::End& end) { end.directory_disk = 1; }) == "truncated");
}

TEST_CASE("counts that contradict each other or the directory are refused") {
  CHECK(with_lie([](forged::End& end) { end.records_here = 2; }) == "inconsistent");
  CHECK(with_lie([](forged::End& end) { end.records = end.records_here = 2; }) == "inconsistent");
  forged::Zip zip = one_file();
  zip.entries.push_back(forged::stored("b.txt", "hidden from the count"));
  zip.lie = [](forged::End& end) { end.records = end.records_here = 1; };
  CHECK(verdict(zip) == "inconsistent");
}

TEST_CASE("an end record of the ZIP64 format is refused") {
  CHECK(with_lie([](forged::End& end) { end.records = end.records_here = 0xffff; }) == "zip64");
  CHECK(with_lie([](forged::End& end) { end.size = 0xffffffff; }) == "zip64");
  CHECK(with_lie([](forged::End& end) { end.offset = 0xffffffff; }) == "zip64");
  CHECK(with_lie([](forged::End& end) { end.disk = 0xffff; }) == "zip64");
  CHECK(with_lie([](forged::End& end) { end.directory_disk = 0xffff; }) == "zip64");
  CHECK(with_lie([](forged::End& end) { end.records = 0xffff; }) == "zip64");
  CHECK(with_lie([](forged::End& end) { end.records_here = 0xffff; }) == "zip64");
  forged::Zip zip = one_file();
  zip.before_end = "PK\6\7" + std::string(16, '\0');
  CHECK(verdict(zip) == "zip64");
}
